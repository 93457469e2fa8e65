/** The JSON header of a safetensors file, checked in full before anyone makes a view from it. */
import { UserError } from "../../base/errors.ts";

/** Bytes per element of every dtype this project knows. */
export const SAFETENSORS_ITEM_BYTES: Readonly<Record<SafetensorsDtype, number>> = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E4M3: 1,
  F8_E5M2: 1,
  U16: 2,
  I16: 2,
  F16: 2,
  BF16: 2,
  U32: 4,
  I32: 4,
  F32: 4,
  U64: 8,
  I64: 8,
  F64: 8,
};

/** Element type of a tensor. */
export type SafetensorsDtype =
  | "BOOL"
  | "U8"
  | "I8"
  | "F8_E4M3"
  | "F8_E5M2"
  | "U16"
  | "I16"
  | "F16"
  | "BF16"
  | "U32"
  | "I32"
  | "F32"
  | "U64"
  | "I64"
  | "F64";

/** Where a tensor lies: bytes `begin` to `end` (exclusive) counted from `dataOffset`. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: SafetensorsDtype;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly entries: readonly SafetensorsEntry[];
  readonly metadata: Record<string, string>;
  /** Bytes before the first tensor. */
  readonly dataOffset: number;
}

/** Longest header accepted, the limit of the format's own library. */
const MAX_HEADER_BYTES = 100_000_000;

/** Reads and checks the header of a whole file. @throws {UserError} that names the file and what is wrong with it. */
export function parseSafetensorsHeader(bytes: Uint8Array, file: string): SafetensorsHeader {
  const problem = (what: string) => new UserError(`${file} is not a valid safetensors file: ${what}`);
  if (bytes.length < 8) throw problem(`found ${bytes.length} bytes, the header length alone takes 8`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = Number(view.getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) throw problem(`the header claims ${headerBytes} bytes`);
  const dataOffset = 8 + headerBytes;
  if (dataOffset > bytes.length) throw problem(`truncated, ${bytes.length} bytes of a header of ${dataOffset}`);
  const json = parseJson(bytes.subarray(8, dataOffset), problem);
  const { __metadata__: metadata = {}, ...tensors } = json;
  if (!isObject(metadata) || !Object.values(metadata).every((value) => typeof value === "string")) {
    throw problem("__metadata__ must map text to text");
  }
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(name, value, problem));
  checkLayout(entries, bytes.length - dataOffset, problem);
  return { entries, metadata: metadata as Record<string, string>, dataOffset };
}

type Problem = (what: string) => UserError;

function parseJson(bytes: Uint8Array, problem: Problem): Record<string, unknown> {
  if (bytes[0] !== 0x7b) throw problem("the header does not start with {");
  let json: unknown;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    json = JSON.parse(text);
  } catch (cause) {
    throw problem(`the header is not JSON (${cause instanceof Error ? cause.message : cause})`);
  }
  if (!isObject(json)) throw problem("the header is not a JSON object");
  const twice = duplicateKey(text);
  if (twice !== null) throw problem(`the header has ${JSON.stringify(twice)} twice`);
  return json;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The first key that occurs twice in one object of a valid JSON text; `JSON.parse` would keep the last silently. */
function duplicateKey(json: string): string | null {
  const open: Set<string>[] = [];
  for (const [token, text] of json.matchAll(/("(?:[^"\\]|\\.)*")\s*:|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (text !== undefined) {
      const key = JSON.parse(text) as string;
      const keys = open[open.length - 1];
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;

function parseEntry(name: string, value: unknown, problem: Problem): SafetensorsEntry {
  const wrong = (what: string) => problem(`tensor ${JSON.stringify(name)} ${what}`);
  if (!isObject(value)) throw wrong("is not described by an object");
  const { dtype, shape, data_offsets: offsets, ...rest } = value;
  if (typeof dtype !== "string" || !Object.hasOwn(SAFETENSORS_ITEM_BYTES, dtype)) {
    throw wrong(
      `has dtype ${JSON.stringify(dtype)}, expected one of ${Object.keys(SAFETENSORS_ITEM_BYTES).join(", ")}`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize)) throw wrong(`has shape ${JSON.stringify(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1]) {
    throw wrong(`has data_offsets ${JSON.stringify(offsets)}`);
  }
  const unknown = Object.keys(rest)[0];
  if (unknown !== undefined) throw wrong(`has an unknown field ${JSON.stringify(unknown)}`);
  const [begin, end] = offsets as [number, number];
  const itemBytes = SAFETENSORS_ITEM_BYTES[dtype as SafetensorsDtype];
  const expected = shape.reduce((product, size) => product * size, itemBytes);
  if (end - begin !== expected) {
    throw wrong(`takes ${end - begin} bytes, its shape [${shape}] of ${dtype} wants ${expected}`);
  }
  return { name, dtype: dtype as SafetensorsDtype, shape: shape as number[], begin, end };
}

/** The tensors must cover the data exactly: no gap, no overlap, nothing left over. */
function checkLayout(entries: readonly SafetensorsEntry[], dataBytes: number, problem: Problem): void {
  let covered = 0;
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== covered) {
      throw problem(`tensor ${JSON.stringify(name)} starts at byte ${begin}, expected ${covered}`);
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    throw problem(`${dataBytes < covered ? "truncated, " : ""}the tensors take ${covered} bytes, found ${dataBytes}`);
  }
}
