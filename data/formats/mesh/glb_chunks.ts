/** The chunks of a `.glb`, and whether what they say can be read. */
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";

/** Length of the header and of the header of a chunk; the chunks' kinds, `JSON` and `BIN\0`. */
const HEADER_BYTES = 12, CHUNK_HEADER_BYTES = 8, JSON_CHUNK = 0x4e4f534a, BINARY_CHUNK = 0x004e4942;
/** Nodes below nodes, far more than any program nests; a file that says more runs in circles. */
const DEEPEST = 256;
/** Extensions without which a file can be read: instances and small numbers are, looks make no voxels. */
const READABLE = /^(EXT_mesh_gpu_instancing|KHR_mesh_quantization|(KHR|EXT|MSFT)_(materials|texture|lights)_.*)$/;

const list = z.array(z.looseObject({})).optional();
const outlineSchema = z.looseObject({
  accessors: z.array(z.looseObject({ count: z.number() })).optional(),
  animations: list,
  buffers: z.array(z.looseObject({ uri: z.string().optional() })).optional(),
  extensionsRequired: z.array(z.string()).optional(),
  extensionsUsed: z.array(z.string()).optional(),
  meshes: z.array(z.looseObject({ primitives: z.array(z.looseObject({ targets: list })) })).optional(),
  nodes: z.array(z.looseObject({ children: z.array(z.number()).optional() })).optional(),
  skins: list,
});
type Outline = z.output<typeof outlineSchema>;

/** The content of a `.glb`. */
export interface GlbChunks {
  /** The glTF, without the list of extensions that it requires: what cannot be read was refused. */
  readonly json: Outline;
  /** The binary chunk; null if there is none. */
  readonly binary: Uint8Array<ArrayBuffer> | null;
  /** What the file uses that has no effect here, though it may change where triangles are. */
  readonly unread: readonly string[];
}

/**
 * Takes a file apart. Chunks should begin at multiples of four bytes; those behind a JSON chunk that is not padded are
 * found all the same.
 *
 * @throws {FormatError} for what would make a reader allocate more than the file can fill, walk in circles, or ask the
 *   network, and for extensions that are needed and not read.
 */
export function glbChunks(bytes: Uint8Array): GlbChunks {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < HEADER_BYTES + CHUNK_HEADER_BYTES || view.getUint32(0, true) !== 0x46546c67) {
    throw new FormatError('it does not start with "glTF"; .gltf files must be saved as .glb');
  }
  const start = HEADER_BYTES + CHUNK_HEADER_BYTES, end = start + view.getUint32(HEADER_BYTES, true);
  if (view.getUint32(4, true) !== 2) throw new FormatError(`it is glTF ${view.getUint32(4, true)}, expected 2`);
  if (view.getUint32(16, true) !== JSON_CHUNK || end > bytes.length) {
    throw new FormatError("its first chunk is not a whole JSON chunk; the file is truncated or damaged");
  }
  const result = outlineSchema.safeParse(parsed(bytes.subarray(start, end)));
  if (!result.success) throw new FormatError(`its JSON is no glTF: ${result.error.issues[0].path.join(".")}`);
  const { extensionsRequired, ...json } = result.data;
  const binary = binaryChunk(view, end) ?? binaryChunk(view, Math.ceil(end / 4) * 4);
  checkOutline(json, extensionsRequired ?? [], bytes.length, binary !== null);
  return { json, binary, unread: unreadOf(json) };
}

function parsed(json: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(json).replace(/\0+$/, "")); // some pad with zeros
  } catch {
    throw new FormatError("its JSON chunk is no JSON");
  }
}

/** The content of the binary chunk at `offset`, as far as the file goes; null if there is none. */
function binaryChunk(view: DataView, offset: number): Uint8Array<ArrayBuffer> | null {
  if (offset + CHUNK_HEADER_BYTES > view.byteLength || view.getUint32(offset + 4, true) !== BINARY_CHUNK) return null;
  const start = offset + CHUNK_HEADER_BYTES, length = Math.min(view.getUint32(offset, true), view.byteLength - start);
  return new Uint8Array(view.buffer, view.byteOffset + start, length).slice();
}

function checkOutline(json: Outline, required: readonly string[], fileBytes: number, hasBinary: boolean): void {
  const { accessors = [], buffers = [], nodes = [] } = json;
  const elsewhere = buffers.find(({ uri }) => uri !== undefined && !uri.startsWith("data:"));
  if (elsewhere) {
    throw new FormatError(`its buffer is in another file, ${elsewhere.uri!.slice(0, 80)}; save it as one .glb file`);
  }
  if (buffers.length > 0 && buffers[0].uri === undefined && !hasBinary) {
    throw new FormatError("its buffer is missing: there is no binary chunk behind the JSON");
  }
  const needed = required.filter((name) => !READABLE.test(name));
  if (needed.length > 0) {
    throw new FormatError(
      `it needs ${needed.join(", ").slice(0, 200)}; export it without compression and other extensions`,
    );
  }
  const elements = accessors.reduce((sum, { count }) => sum + (count >= 0 ? count : NaN), 0);
  if (!(elements <= fileBytes)) {
    throw new FormatError(`its accessors have ${elements} elements, the file has only ${fileBytes} bytes`);
  }
  checkNodes(nodes.map(({ children = [] }) => children));
}

/** Every node is below one other at most, and none below itself. */
function checkNodes(children: readonly (readonly number[])[]): void {
  const seen = new Set<number>();
  for (const child of children.flat()) {
    if (seen.has(child)) throw new FormatError(`its node ${child} is below two others`);
    seen.add(child);
  }
  const depth = new Array<number>(children.length).fill(0);
  const queue = [...children.keys()].filter((node) => !seen.has(node));
  for (let at = 0; at < queue.length; at++) {
    for (const child of children[queue[at]] ?? []) {
      depth[child] = depth[queue[at]] + 1;
      if (depth[child] > DEEPEST) throw new FormatError(`its nodes are nested more than ${DEEPEST} deep`);
      queue.push(child);
    }
  }
  if (queue.length < children.length) throw new FormatError("its nodes run in circles");
}

function unreadOf({ extensionsUsed = [], meshes = [], skins = [], animations = [] }: Outline): string[] {
  const morphs = meshes.some(({ primitives }) => primitives.some(({ targets = [] }) => targets.length > 0));
  return [
    ...extensionsUsed.filter((name) => !READABLE.test(name)).map((name) => name.slice(0, 80)),
    ...skins.length > 0 ? ["skins"] : [],
    ...morphs ? ["morph targets"] : [],
    ...animations.length > 0 ? ["animations"] : [],
  ];
}
