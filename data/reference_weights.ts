/**
 * Between the variables of the original program and ours.
 *
 * The original pads its stride-2 convolutions after the volume rather than before it (TensorFlow's SAME). We compute
 * its mirror image: all three spatial axes of volumes, kernels and flattened dense weights are reversed here, once.
 */

/** What has to be turned around in a variable. */
type Kind =
  /** TensorFlow `[kd, kh, kw, a, b]` ↔ ours `[b, kd, kh, kw, a]`, taps reversed. */
  | "filter"
  /** `[cells × channels, out]`: rows are a flattened volume. */
  | "rows"
  /** `[cells × channels, cells × channels]`: rows and columns are flattened volumes. */
  | "rows and columns"
  /** `[cells × channels]`: a flattened volume. */
  | "volume"
  /** Nothing. */
  | "plain";

/** A variable of the original and the parameter of ours that it becomes. */
export interface ReferenceVariable {
  /** TensorFlow name, e.g. `encode_W2`. */
  readonly name: string;
  /** Network and parameter of ours, e.g. `encoder` and `conv2.filter`. */
  readonly network: string;
  readonly parameter: string;
  readonly kind: Kind;
}

/** Every variable that a layer of ours reads, by network. */
export const REFERENCE_VARIABLES: readonly ReferenceVariable[] = [
  ...[1, 2, 3, 4].map((i) => variable(`encode_W${i}`, "encoder", `conv${i}.filter`, "filter")),
  ...norms("encode", "encoder", [2, 3, 4]),
  variable("encode_W5", "encoder", "code.filter", "filter"),
  variable("gen_W1", "generator", "dense1.weight", "rows and columns"),
  variable("gen_bn_g1", "generator", "norm1.gain", "volume"),
  variable("gen_bn_b1", "generator", "norm1.bias", "volume"),
  ...[2, 3, 4, 5].map((i) => variable(`gen_W${i}`, "generator", `conv${i}.filter`, "filter")),
  ...norms("gen", "generator", [2, 3, 4]),
  ...[1, 2, 3, 4].map((i) => variable(`discrim_W${i}`, "discriminator", `conv${i}.filter`, "filter")),
  ...norms("discrim", "discriminator", [2, 3, 4]),
  variable("discrim_W5", "discriminator", "dense5.weight", "rows"),
  variable("cod_W1", "codeDiscriminator", "dense1.weight", "rows"),
  variable("cod_W2", "codeDiscriminator", "dense2.weight", "plain"),
  variable("cod_W3", "codeDiscriminator", "dense3.weight", "plain"),
  ...norms("cod", "codeDiscriminator", [1, 2]),
  variable("refine_W1", "refiner", "first.filter", "filter"),
  ...[1, 2, 3, 4].flatMap((i) =>
    [1, 2].map((j) => variable(`refine__res${i}_W${j}`, "refiner", `block${i}.conv${j}.filter`, "filter"))
  ),
  variable("refine_W2", "refiner", "last.filter", "filter"),
];

function variable(name: string, network: string, parameter: string, kind: Kind): ReferenceVariable {
  return { name, network, parameter, kind };
}

function norms(prefix: string, network: string, layers: readonly number[]): ReferenceVariable[] {
  return layers.flatMap((i) => [
    variable(`${prefix}_bn_g${i}`, network, `norm${i}.gain`, "plain"),
    variable(`${prefix}_bn_b${i}`, network, `norm${i}.bias`, "plain"),
  ]);
}

/**
 * Values of an original variable (TensorFlow layout, shape `shape`) in our layout. `cells` is the number of latent
 * cells; reversing all three axes of a grid reverses the order of its cells.
 */
export function fromReference(
  { kind }: ReferenceVariable,
  values: Float32Array,
  shape: readonly number[],
  cells: number,
): Float32Array<ArrayBuffer> {
  if (kind !== "filter") return reverseCells(kind, values, shape, cells);
  const out = new Float32Array(values.length);
  eachWeight(shape, (theirs, ours) => out[ours] = values[theirs]);
  return out;
}

/** The inverse of {@link fromReference}: our values in TensorFlow's layout; `shape` is TensorFlow's. */
export function toReference(
  { kind }: ReferenceVariable,
  values: Float32Array,
  shape: readonly number[],
  cells: number,
): Float32Array<ArrayBuffer> {
  if (kind !== "filter") return reverseCells(kind, values, shape, cells);
  const out = new Float32Array(values.length);
  eachWeight(shape, (theirs, ours) => out[theirs] = values[ours]);
  return out;
}

/** Where each weight of a filter is in both layouts; `shape` is TensorFlow's. */
function eachWeight([kd, kh, kw, a, b]: readonly number[], at: (theirs: number, ours: number) => void): void {
  const taps = kd * kh * kw;
  for (let tap = 0; tap < taps; tap++) {
    for (let i = 0; i < a; i++) {
      for (let j = 0; j < b; j++) at(((taps - 1 - tap) * a + i) * b + j, (j * taps + tap) * a + i);
    }
  }
}

/** Reverses all three axes of volumes `[n, D, H, W, channels]`; `voxels` = D·H·W. Its own inverse. */
export function mirrorVolumes<T extends Float32Array | Uint8Array>(volumes: T, voxels: number, channels: number): T {
  const out = volumes.slice() as T;
  for (let start = 0; start < volumes.length; start += voxels * channels) {
    for (let voxel = 0; voxel < voxels; voxel++) {
      const from = start + voxel * channels, to = start + (voxels - 1 - voxel) * channels;
      for (let c = 0; c < channels; c++) out[to + c] = volumes[from + c];
    }
  }
  return out;
}

function reverseCells(
  kind: Exclude<Kind, "filter">,
  values: Float32Array,
  shape: readonly number[],
  cells: number,
): Float32Array<ArrayBuffer> {
  const reverse = (data: Float32Array, perCell: number) => mirrorVolumes(data, cells, perCell);
  const columns = shape[1] ?? 1;
  let out = new Float32Array(values);
  if (kind === "volume") return new Float32Array(reverse(out, shape[0] / cells));
  if (kind === "rows" || kind === "rows and columns") out = new Float32Array(reverse(out, shape[0] / cells * columns));
  if (kind === "rows and columns") out = new Float32Array(reverse(out, columns / cells));
  return out;
}
