/** The header of a NumPy `.npy` file, versions 1 to 3 (NumPy enhancement proposal 1 and `numpy/lib/format.py`). */
import { UserError } from "../../base/errors.ts";

/** Element types this project reads and writes, with their bytes per element. */
export const NPY_ITEM_BYTES: Readonly<Record<NpyDtype, number>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
};

/** Element type of an array, by NumPy's name. */
export type NpyDtype =
  | "bool"
  | "int8"
  | "uint8"
  | "int16"
  | "uint16"
  | "float16"
  | "int32"
  | "uint32"
  | "float32"
  | "int64"
  | "uint64"
  | "float64";

/** What the header of an `.npy` file says. */
export interface NpyHeader {
  /** Element type. */
  readonly dtype: NpyDtype;
  /** Size of each axis; empty for a single number. */
  readonly shape: readonly number[];
  /** True if the first index varies fastest in the file. */
  readonly fortranOrder: boolean;
  /** True if the most significant byte of an element comes first. */
  readonly bigEndian: boolean;
  /** Bytes before the first element. */
  readonly dataOffset: number;
  /** Number of elements: the product of the shape. */
  readonly length: number;
  /** Bytes of all elements. */
  readonly dataBytes: number;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
const KINDS: Record<string, string> = { i: "int", u: "uint", f: "float" };
const LETTERS: Record<string, string> = { bool: "b", int: "i", uint: "u", float: "f" };
/** Stands for an element type of several fields. */
const STRUCTURED = "structured";
/** Longest header accepted, the limit of NumPy itself. */
const MAX_HEADER_BYTES = 10_000;

/** Bytes at the start of a file that hold the whole header, however long. */
export const NPY_HEADER_PROBE_BYTES = 12 + MAX_HEADER_BYTES;

/**
 * Reads the header at the start of `bytes`, which may end anywhere after it.
 *
 * @throws {UserError} on a wrong magic, a truncated or malformed header, or an element type that is not a number.
 */
export function parseNpyHeader(bytes: Uint8Array, name: string): NpyHeader {
  const { text, dataOffset } = headerText(bytes, name);
  const { descr, fortranOrder, shape } = parseDictionary(text, name);
  const { dtype, bigEndian } = parseDescr(descr, name);
  const length = shape.reduce((product, size) => product * size, 1);
  return { dtype, shape, fortranOrder, bigEndian, dataOffset, length, dataBytes: length * NPY_ITEM_BYTES[dtype] };
}

/**
 * What an `.npy` file holds, also where that is not numbers: text, objects, dates, complex or structured elements.
 *
 * @returns `type` as this project calls it, or as the file does.
 * @throws {UserError} as {@link parseNpyHeader}, but for the element type.
 */
export function describeNpy(
  bytes: Uint8Array,
  name: string,
): { type: string; isNumeric: boolean; shape: readonly number[] } {
  const { text } = headerText(bytes, name);
  const { descr, shape } = parseDictionary(text, name);
  const dtype = dtypeOf(descr);
  return { type: dtype ?? descr, isNumeric: dtype !== null, shape };
}

/** The dictionary of a header, and where it ends. */
function headerText(bytes: Uint8Array, name: string): { text: string; dataOffset: number } {
  if (bytes.length === 0) throw new UserError(`${name} is empty, expected a NumPy .npy file`);
  if (MAGIC.some((byte, i) => i < bytes.length && bytes[i] !== byte)) {
    throw new UserError(`${name} is not a NumPy .npy file: it does not start with "\\x93NUMPY"`);
  }
  const version = bytes[6];
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw truncated(name, bytes.length, start);
  if (version < 1 || version > 3) {
    throw new UserError(`${name}: .npy version ${version} is unknown, expected 1, 2 or 3`);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (headerBytes > MAX_HEADER_BYTES) {
    throw new UserError(`${name}: the .npy header claims ${headerBytes} bytes, expected at most ${MAX_HEADER_BYTES}`);
  }
  const dataOffset = start + headerBytes;
  if (bytes.length < dataOffset) throw truncated(name, bytes.length, dataOffset);
  const text = new TextDecoder(version === 3 ? "utf-8" : "latin1").decode(bytes.subarray(start, dataOffset));
  return { text, dataOffset };
}

function truncated(name: string, found: number, expected: number): UserError {
  return new UserError(`${name} is truncated: found ${found} bytes, its .npy header alone takes ${expected}`);
}

/** Reads the Python dictionary literal `{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }`. */
function parseDictionary(text: string, name: string): { descr: string; fortranOrder: boolean; shape: number[] } {
  const problem = (what: string) =>
    new UserError(`${name}: ${what} in the .npy header ${JSON.stringify(text.trim().slice(0, 120))}`);
  const keys = [...text.matchAll(/['"](\w+)['"]\s*:/g)].map((match) => match[1]).sort();
  const isStructured = /['"]descr['"]\s*:\s*\[/.test(text);
  const descr = isStructured ? STRUCTURED : /['"]descr['"]\s*:\s*(['"])([^'"]*)\1/.exec(text)?.[2];
  const order = /['"]fortran_order['"]\s*:\s*(True|False)\b/.exec(text)?.[1];
  const shapeText = /['"]shape['"]\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined) throw problem("no 'descr' (element type)");
  if (order === undefined) throw problem("no 'fortran_order'");
  if (shapeText === undefined) throw problem("no 'shape'");
  if (keys.join() !== "descr,fortran_order,shape") throw problem(`unexpected keys ${keys.join(", ")}`);
  const sizes = shapeText.split(",").map((size) => size.trim());
  if (sizes.at(-1) === "") sizes.pop(); // "(3,)", "(2, 3, )" and "()"
  if (!sizes.every((size) => /^\d+L?$/.test(size))) throw problem("a malformed 'shape'");
  return { descr, fortranOrder: order === "True", shape: sizes.map((size) => parseInt(size)) };
}

/** Splits `<f4` into byte order and type. @throws {UserError} for a type that is not a number. */
export function parseDescr(descr: string, name: string): { dtype: NpyDtype; bigEndian: boolean } {
  const dtype = dtypeOf(descr);
  if (dtype !== null) return { dtype, bigEndian: descr.startsWith(">") };
  throw new UserError(
    `${name} holds elements of type ${JSON.stringify(descr)}; expected one of ` +
      `${Object.keys(NPY_ITEM_BYTES).join(", ")}; convert it in NumPy with .astype`,
  );
}

/** The type in `<f4`; null if it is not a number. */
function dtypeOf(descr: string): NpyDtype | null {
  const [, kind, size] = /^[<>=|]?([biuf])(\d+)$/.exec(descr) ?? [];
  const dtype = kind === "b" ? (size === "1" ? "bool" : "") : `${KINDS[kind]}${Number(size) * 8}`;
  return Object.hasOwn(NPY_ITEM_BYTES, dtype) ? dtype as NpyDtype : null;
}

/** The version 1 header of a C-order, little endian array, padded so that the data start at a multiple of 64 bytes. */
export function formatNpyHeader(dtype: NpyDtype, shape: readonly number[]): Uint8Array<ArrayBuffer> {
  const itemBytes = NPY_ITEM_BYTES[dtype];
  const letter = LETTERS[dtype.replace(/\d+$/, "")];
  const descr = `${itemBytes === 1 ? "|" : "<"}${letter}${itemBytes}`;
  const tuple = shape.length === 1 ? `(${shape[0]},)` : `(${shape.join(", ")})`;
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const total = Math.ceil((10 + dictionary.length + 1) / 64) * 64;
  const header = new Uint8Array(total).fill(0x20);
  header.set([...MAGIC, 1, 0, (total - 10) & 0xff, (total - 10) >> 8]);
  header.set(new TextEncoder().encode(dictionary), 10);
  header[total - 1] = 0x0a;
  return header;
}
