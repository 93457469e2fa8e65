/** MagicaVoxel files with scenes, for tests. */
import type { VoxFile, VoxNode } from "../../../../data/formats/vox/vox_file.ts";
import { PALETTE } from "../../../../data/classes.ts";

/** A file with models, nodes and layers, and the palette of the classes unless another is given. */
export function voxFile(
  { models = [], nodes = new Map(), hiddenLayers = new Set(), palette }: Partial<VoxFile>,
): Uint8Array {
  const colors = new Uint8Array(1024).fill(255);
  PALETTE.slice(1).forEach((color, i) => colors.set(color, 4 * i));
  const content = [
    ...models.flatMap(({ size, voxels }) => [
      ...chunk("SIZE", size.flatMap(int32)),
      ...chunk("XYZI", [...int32(voxels.length / 4), ...voxels]),
    ]),
    ...[...nodes].flatMap(([number, node]) => nodeChunk(number, node)),
    ...[...hiddenLayers].flatMap((layer) =>
      chunk("LAYR", [...int32(layer), ...dictionary({ _hidden: "1" }), ...int32(-1)])
    ),
    ...chunk("RGBA", palette ?? colors),
  ];
  return Uint8Array.from([...characters("VOX "), ...int32(200), ...chunk("MAIN", [], content)]);
}

function nodeChunk(number: number, node: VoxNode): number[] {
  const head = [...int32(number), ...dictionary(node.hidden ? { _hidden: "1" } : {})];
  if (node.kind === "group") {
    return chunk("nGRP", [...head, ...int32(node.children.length), ...node.children.flatMap(int32)]);
  }
  if (node.kind === "shape") {
    const models = node.models.flatMap((model) => [...int32(model), ...dictionary({})]);
    return chunk("nSHP", [...head, ...int32(node.models.length), ...models]);
  }
  const frame = { _r: String(node.rotation), _t: node.translation.join(" ") };
  return chunk("nTRN", [...head, ...[node.child, -1, node.layer, 1].flatMap(int32), ...dictionary(frame)]);
}

function chunk(id: string, content: Iterable<number>, children: readonly number[] = []): number[] {
  const bytes = [...content];
  return [...characters(id), ...int32(bytes.length), ...int32(children.length), ...bytes, ...children];
}

function dictionary(entries: Readonly<Record<string, string>>): number[] {
  const list = Object.entries(entries).flat().flatMap((word) => [...int32(word.length), ...characters(word)]);
  return [...int32(Object.keys(entries).length), ...list];
}

function characters(text: string): number[] {
  return [...new TextEncoder().encode(text)];
}

function int32(value: number): number[] {
  return [...new Uint8Array(Int32Array.of(value).buffer)];
}
