/** The chunks of a MagicaVoxel `.vox` file. */
import { ByteReader, FormatError } from "../../../base/byte_reader.ts";

/** Most voxels along an axis of a model. */
const LARGEST_SIDE = 256;

/** A block of voxels; z is up. */
export interface VoxModel {
  /** Voxels along x, y, z. */
  readonly size: readonly number[];
  /** x, y, z and colour index of each voxel that is there, a byte each. */
  readonly voxels: Uint8Array;
}

/** A node of the scene: moves another, holds others, or shows models. */
export type VoxNode =
  | {
    readonly kind: "transform";
    readonly child: number;
    readonly layer: number;
    readonly hidden: boolean;
    /** Which axis each row of the rotation takes, two bits for the first two, and the signs of the three; see the format. */
    readonly rotation: number;
    readonly translation: readonly number[];
  }
  | { readonly kind: "group"; readonly children: readonly number[]; readonly hidden: boolean }
  /** Several models are the frames of an animation. */
  | { readonly kind: "shape"; readonly models: readonly number[]; readonly hidden: boolean };

/** The content of a file, as far as it says which voxels there are. */
export interface VoxFile {
  /** Models in their order. */
  readonly models: readonly VoxModel[];
  /** Nodes by their numbers; the root is 0. Older files have none. */
  readonly nodes: ReadonlyMap<number, VoxNode>;
  /** Layers that are not shown. */
  readonly hiddenLayers: ReadonlySet<number>;
  /** Red, green, blue, alpha of colours 1 to 256; null if the file has the palette of the program. */
  readonly palette: Uint8Array | null;
}

/**
 * Takes a file apart. Materials, cameras and other chunks are passed over.
 *
 * Format: https://github.com/ephtracy/voxel-model/blob/master/MagicaVoxel-file-format-vox.txt and
 * MagicaVoxel-file-format-vox-extension.txt beside it.
 *
 * @throws {FormatError} if a chunk is cut off or says what cannot be.
 */
export function parseVox(bytes: Uint8Array): VoxFile {
  const reader = new ByteReader(bytes);
  if (bytes.length < 20 || text(reader.take(4)) !== "VOX ") throw new FormatError('it does not start with "VOX "');
  reader.take(4); // the version: the chunks read here are the same in all
  if (text(reader.take(4)) !== "MAIN") throw new FormatError("its first chunk is not MAIN");
  const mainBytes = uint32(reader);
  reader.take(4);
  reader.take(mainBytes);
  const sizes: number[][] = [], voxels: Uint8Array[] = [], nodes = new Map<number, VoxNode>();
  const hiddenLayers = new Set<number>();
  let palette: Uint8Array | null = null;
  while (!reader.done) {
    const id = text(reader.take(4)), contentBytes = uint32(reader), childBytes = uint32(reader);
    const content = new ByteReader(reader.take(contentBytes));
    reader.take(childBytes);
    if (id === "SIZE") sizes.push(sizeOf(content));
    else if (id === "XYZI") voxels.push(voxelsOf(content));
    else if (id === "RGBA") palette = content.take(1024);
    else if (id === "LAYR") {
      const layer = int32(content);
      if (isHidden(dictionary(content))) hiddenLayers.add(layer);
    } else if (id === "nTRN" || id === "nGRP" || id === "nSHP") {
      const number = int32(content);
      if (nodes.has(number)) throw new FormatError(`it has two nodes ${number}`);
      nodes.set(number, nodeOf(id, content));
    }
  }
  if (sizes.length !== voxels.length) {
    throw new FormatError(
      `it has ${sizes.length} SIZE and ${voxels.length} XYZI chunks, expected one each for a model`,
    );
  }
  const models = sizes.map((size, model) => ({ size, voxels: voxels[model] }));
  models.forEach(checkModel);
  return { models, nodes, hiddenLayers, palette };
}

function sizeOf(content: ByteReader): number[] {
  const size = [uint32(content), uint32(content), uint32(content)];
  if (size.every((length) => length >= 1 && length <= LARGEST_SIDE)) return size;
  throw new FormatError(`a model has ${size.join(" x ")} voxels, expected 1 to ${LARGEST_SIDE} each`);
}

function voxelsOf(content: ByteReader): Uint8Array {
  const count = uint32(content), bytes = content.bytes.length - content.offset;
  if (bytes !== 4 * count) throw new FormatError(`a model claims ${count} voxels and has ${bytes / 4}`);
  return content.take(bytes);
}

function checkModel({ size, voxels }: VoxModel): void {
  for (let at = 0; at < voxels.length; at++) {
    if (at % 4 < 3 && voxels[at] >= size[at % 4]) {
      throw new FormatError(`voxel (${voxels.subarray(at - at % 4, at - at % 4 + 3).join(", ")}) is outside its model`);
    }
    if (at % 4 === 3 && voxels[at] === 0) throw new FormatError("a voxel has colour index 0, which is none");
  }
}

function nodeOf(id: "nTRN" | "nGRP" | "nSHP", content: ByteReader): VoxNode {
  const hidden = isHidden(dictionary(content));
  if (id === "nTRN") {
    const child = int32(content);
    content.take(4); // reserved
    const layer = int32(content), frames = uint32(content);
    // Of an animation the first frame counts.
    const frame = frames > 0 ? dictionary(content) : new Map<string, string>();
    const translation = (frame.get("_t") ?? "0 0 0").split(" ").map(Number), rotation = Number(frame.get("_r") ?? 4);
    if (
      translation.length !== 3 || !translation.every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 20)
    ) {
      throw new FormatError(`a translation is ${JSON.stringify(frame.get("_t")).slice(0, 40)}, expected x y z`);
    }
    return { kind: "transform", child, layer, hidden, rotation, translation };
  }
  const members = Array.from({ length: Math.min(uint32(content), content.bytes.length / 4) }, () => {
    const member = int32(content);
    if (id === "nSHP") dictionary(content);
    return member;
  });
  return id === "nGRP" ? { kind: "group", children: members, hidden } : { kind: "shape", models: members, hidden };
}

function dictionary(reader: ByteReader): Map<string, string> {
  const entries = new Map<string, string>();
  for (let count = uint32(reader); count > 0; count--) {
    const key = text(reader.take(uint32(reader)));
    entries.set(key, text(reader.take(uint32(reader))));
  }
  return entries;
}

function isHidden(attributes: Map<string, string>): boolean {
  return attributes.get("_hidden") === "1";
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function uint32(reader: ByteReader): number {
  return int32(reader) >>> 0;
}

function int32(reader: ByteReader): number {
  const bytes = reader.take(4);
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
}
