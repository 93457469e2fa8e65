/**
 * The layout of a `.pack` file, all numbers little endian:
 *
 *     header    8 B magic, 89 "SCENE" 0D 0A · 8 B version
 *     scenes    packed one after the other, see pack_codec.ts
 *     index     JSON: grid, classes, provenance
 *               per scene 4 B packed length · 4 B CRC-32 of the packed bytes · 16 B fingerprint
 *               names of the scenes, UTF-8, with a zero byte between them
 *     footer    8 B offset of the index · 4 B length of the JSON · 4 B number of scenes · 4 B length of the names
 *               · 4 B CRC-32 of the index · 8 B magic
 *
 * The index comes last, so that a pack is written in one pass; scenes lie without a gap, so their lengths place them.
 */
import { crc32 } from "node:zlib";
import { z } from "zod";
import { UserError } from "../../../base/errors.ts";
import { parseJson } from "../../../base/json.ts";
import { type ClassEntry, classListSchema } from "../../class_file.ts";
import { FINGERPRINT_BYTES } from "../../scenes/later_fingerprint.ts";
import { checkGrid, type Grid } from "../../grid.ts";
import { provenanceSchema } from "../../scenes/provenance.ts";
import type { SceneProvenance } from "../../scenes/scene_source.ts";

/** Version of the layout, raised when old readers would misunderstand it. */
const PACK_VERSION = 1;
/** Bytes before the first scene. */
export const PACK_HEADER_BYTES = 16;
/** Bytes behind the index. */
export const PACK_FOOTER_BYTES = 32;
/** Bytes of a scene in the table of the index. */
const ENTRY_BYTES = 8 + FINGERPRINT_BYTES;
const MAGIC = Uint8Array.of(0x89, 0x53, 0x43, 0x45, 0x4e, 0x45, 0x0d, 0x0a);
/** Voxels along an axis, far above what can be trained; it bounds what a damaged file can make a reader allocate. */
const LONGEST_AXIS = 512;

/** What a pack says about all its scenes. */
export interface PackDescription {
  /** Size of every scene. */
  readonly grid: Grid;
  /** What the labels stand for; the published classes if left out. */
  readonly classes?: readonly ClassEntry[];
  /** What the scenes were packed from. */
  readonly provenance: SceneProvenance;
}

/** A scene of a pack. */
export interface PackEntry {
  /** Name of the scene. */
  readonly id: string;
  /** Length of the packed scene. */
  readonly bytes: number;
  /** CRC-32 of the packed bytes. */
  readonly checksum: number;
  /** See fingerprint.ts. */
  readonly fingerprint: string;
}

/** Where the index of a pack lies. */
export interface PackFooter {
  /** Bytes before the index. */
  readonly indexOffset: number;
  /** Length of the index. */
  readonly indexBytes: number;
  /** Length of its JSON. */
  readonly descriptionBytes: number;
  /** Number of scenes. */
  readonly count: number;
  /** CRC-32 of the index. */
  readonly checksum: number;
}

/** The index of a pack, read and checked. */
export interface PackIndex extends PackDescription {
  /** Names of the scenes. */
  readonly ids: readonly string[];
  /** Where each scene begins in the file; one entry more than there are scenes, the end of the last. */
  readonly offsets: Float64Array;
  /** CRC-32 of each packed scene. */
  readonly checksums: Uint32Array;
  /** Fingerprint of a scene. */
  fingerprint(index: number): string;
}

const descriptionSchema = z.object({
  grid: z.tuple([z.int().max(LONGEST_AXIS), z.int().max(LONGEST_AXIS), z.int().max(LONGEST_AXIS)]),
  classes: classListSchema.optional(),
  provenance: provenanceSchema,
});

/** The bytes before the first scene. */
export function packHeader(): Uint8Array {
  const header = new Uint8Array(PACK_HEADER_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setBigUint64(8, BigInt(PACK_VERSION), true);
  return header;
}

/** The bytes behind the last scene: index and footer. */
export function packEnd(description: PackDescription, entries: readonly PackEntry[]): Uint8Array {
  const text = new TextEncoder(), json = text.encode(JSON.stringify(description));
  const names = text.encode(entries.map(({ id }) => id).join("\0"));
  const table = json.length, tableEnd = table + entries.length * ENTRY_BYTES, indexBytes = tableEnd + names.length;
  const end = new Uint8Array(indexBytes + PACK_FOOTER_BYTES), view = new DataView(end.buffer);
  end.set(json);
  end.set(names, tableEnd);
  let indexOffset = PACK_HEADER_BYTES;
  entries.forEach(({ bytes, checksum, fingerprint }, i) => {
    const at = table + i * ENTRY_BYTES;
    view.setUint32(at, bytes, true);
    view.setUint32(at + 4, checksum, true);
    end.set(Uint8Array.fromHex(fingerprint), at + 8);
    indexOffset += bytes;
  });
  view.setBigUint64(indexBytes, BigInt(indexOffset), true);
  view.setUint32(indexBytes + 8, json.length, true);
  view.setUint32(indexBytes + 12, entries.length, true);
  view.setUint32(indexBytes + 16, names.length, true);
  view.setUint32(indexBytes + 20, crc32(end.subarray(0, indexBytes)), true);
  end.set(MAGIC, indexBytes + 24);
  return end;
}

/** Checks the first bytes of a file. @throws {UserError} if it is no pack, or one of another version. */
export function checkPackHeader(bytes: Uint8Array, name: string): void {
  if (bytes.length < PACK_HEADER_BYTES || MAGIC.some((byte, i) => bytes[i] !== byte)) {
    throw new UserError(`${name} is no pack of scenes: it does not begin as one (deno task data pack makes them)`);
  }
  const version = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(8, true));
  if (version !== PACK_VERSION) {
    throw new UserError(`${name}: pack version ${version} is unknown, expected ${PACK_VERSION}; pack the scenes again`);
  }
}

/** Reads the last {@link PACK_FOOTER_BYTES} bytes of a file of `fileBytes`. @throws {UserError} if it is cut off. */
export function parsePackFooter(bytes: Uint8Array, fileBytes: number, name: string): PackFooter {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (MAGIC.some((byte, i) => bytes[24 + i] !== byte)) {
    throw new UserError(`${name} is truncated: the end of a pack is missing; pack the scenes again`);
  }
  const indexOffset = Number(view.getBigUint64(0, true));
  const [descriptionBytes, count, nameBytes, checksum] = [8, 12, 16, 20].map((at) => view.getUint32(at, true));
  const indexBytes = descriptionBytes + count * ENTRY_BYTES + nameBytes;
  if (indexOffset + indexBytes + PACK_FOOTER_BYTES !== fileBytes || indexOffset < PACK_HEADER_BYTES) {
    throw new UserError(`${name} is damaged: its end does not say where its index is; pack the scenes again`);
  }
  return { indexOffset, indexBytes, descriptionBytes, count, checksum };
}

/** Reads the index. @throws {UserError} if its checksum, its JSON or its table is wrong. */
export function parsePackIndex(bytes: Uint8Array, footer: PackFooter, name: string): PackIndex {
  const damaged = (what: string) => new UserError(`${name} is damaged: ${what}; pack the scenes again`);
  if (crc32(bytes) !== footer.checksum) throw damaged("the checksum of its index does not match");
  const { descriptionBytes, count } = footer, text = new TextDecoder();
  const description = parseJson(text.decode(bytes.subarray(0, descriptionBytes)), name, descriptionSchema);
  checkGrid(description.grid, name);
  const table = bytes.slice(descriptionBytes, descriptionBytes + count * ENTRY_BYTES);
  const names = bytes.subarray(descriptionBytes + table.length);
  const ids = count === 0 ? [] : text.decode(names).split("\0");
  if (ids.length !== count) throw damaged(`it has ${count} scenes and ${ids.length} names`);
  const view = new DataView(table.buffer), offsets = new Float64Array(count + 1), checksums = new Uint32Array(count);
  offsets[0] = PACK_HEADER_BYTES;
  for (let i = 0; i < count; i++) {
    offsets[i + 1] = offsets[i] + view.getUint32(i * ENTRY_BYTES, true);
    checksums[i] = view.getUint32(i * ENTRY_BYTES + 4, true);
  }
  if (offsets[count] !== footer.indexOffset) throw damaged("the lengths of its scenes do not add up");
  return {
    ...description,
    ids,
    offsets,
    checksums,
    fingerprint: (index) => table.subarray(index * ENTRY_BYTES + 8, (index + 1) * ENTRY_BYTES).toHex(),
  };
}
