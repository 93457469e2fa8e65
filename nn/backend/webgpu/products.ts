/**
 * Convolutions and matrix products as one kind of product, C[rows, columns] (+)= Σ A[row, t]·B[t, column], whose A and B
 * are read through maps of indices. Sizes are parameters of a kernel, not constants: each set of those would have to be
 * compiled, which takes longer than it saves.
 *
 * The terms come in stages of equal length: the taps of a convolution, each with as many terms as there are channels.
 */
import { elementCount } from "../../shape.ts";
import type { ConvGeometry, GemmShape } from "../backend.ts";

/**
 * A or B, in WGSL. Its elements are told by an index outside (row or column) and one inside (term of the stage). What a
 * text declares ends in the key that it is given.
 */
export interface Side {
  /** Where elements lie side by side in memory. */
  readonly contiguous: "inside" | "outside";
  /** Declares what depends on the outer `index` alone. */
  outside(key: string, index: string): string;
  /** Declares what depends on it and on `stage`. */
  staged(key: string): string;
  /** Declares what depends on the term `index` of the stage. */
  inside(key: string, index: string): string;
  /** Whether there is an element, else it counts as 0, and where it lies. */
  element(outside: string, inside: string): { readonly exists: string; readonly index: string };
}

/** A product. */
export interface Product {
  /** What its code depends on. */
  readonly kind: string;
  /** Of C; of the largest class. */
  readonly rows: number;
  readonly columns: number;
  /** Which of its axes the items of the kernel's range are; null if it has but one item. */
  readonly along: "rows" | "columns" | "terms" | null;
  /** Products of one kind and different place that make up C; each has rows of its own. */
  readonly classes: number;
  /** Stages, and terms of each; of the largest class. */
  readonly stages: number;
  readonly terms: number;
  /** Parameters of the kernel. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Declares `rows`, `columns`, `stages` and `terms` of the class `class_`. */
  readonly prologue: string;
  /** Declares what depends on `stage` alone. */
  readonly stage: string;
  readonly a: Side;
  readonly b: Side;
  /** Statements that return where C[row, 0] of the class `class_` lies. */
  readonly place: string;
}

const NOTHING = () => "";

/** A side that is a matrix: element (outer, inner) at outer·step + inner if contiguous inside, else inner·step + outer. */
function matrix(contiguous: Side["contiguous"], count: string, step: string, first = "0u"): Side {
  return {
    contiguous,
    outside: (key, index) => `let o_${key} = ${index}; let exists_${key} = o_${key} < ${count};`,
    staged: NOTHING,
    inside: (key, index) => `let t_${key} = ${index};`,
    element: (o, t) => ({
      exists: `exists_${o}`,
      index: `${first} + ` + (contiguous === "inside" ? `o_${o} * ${step} + t_${t}` : `t_${t} * ${step} + o_${o}`),
    }),
  };
}

/** The product of two matrices, the class being its number in the batch; that of one may be made piece by piece. */
export function gemmProduct(
  { batch, m, n, k, transposeA, transposeB }: GemmShape,
  along: Product["along"] = null,
): Product {
  const a = "class_ * P.m * P.k", b = "class_ * P.k * P.n";
  return {
    kind: `gemm ${transposeA} ${transposeB} ${along}`,
    along,
    ...{ rows: m, columns: n, classes: batch, stages: 1, terms: k, sizes: { m, n, k } },
    prologue: `let rows = ${along === "rows" ? "P.end" : "P.m"}; let columns = ${along === "columns" ? "P.end" : "P.n"};
  let stages = 1u; let terms = ${along === "terms" ? "P.end" : "P.k"};`,
    stage: "",
    a: transposeA ? matrix("outside", "rows", "P.m", a) : matrix("inside", "rows", "P.k", a),
    b: transposeB ? matrix("inside", "columns", "P.k", b) : matrix("outside", "columns", "P.n", b),
    place: "return (class_ * P.m + row) * P.n;",
  };
}

/** What every kernel of a convolution is given, and its parameters as triples. */
function convolution({ batch, input, channels, output, filters, kernel, stride, padding }: ConvGeometry) {
  const triple = (name: string, values: readonly number[]) =>
    Object.fromEntries(values.map((value, axis) => [`${name}${"DHW"[axis]}`, value]));
  const triples = { input, output, kernel, padding }, names = Object.keys(triples);
  return {
    sizes: Object.assign(
      { batch, channels, filters, stride, taps: elementCount(kernel) },
      ...Object.entries(triples).map(([name, values]) => triple(name, values)),
    ) as Record<string, number>,
    prologue: names.map((name) => `let ${name} = vec3u(P.${name}D, P.${name}H, P.${name}W);`).join(" ") + "\n  ",
  };
}

/** Voxels `[n, D, H, W]` of which `channels` lie side by side, a channel being a term. */
function voxels(size: string, channels: string, first: { outside: string; staged: string }): Side {
  return {
    contiguous: "inside",
    outside: (key, index) =>
      `let q_${key} = ${index}; let exists_${key} = q_${key} < rows; let at_${key} = position(q_${key}, ${first.outside});`,
    staged: (key) =>
      `let v_${key} = ${first.staged.replace("AT", `at_${key}.yzw`)}; let inside_${key} = all(v_${key} < ${size});
  let voxel_${key} = voxel_at(at_${key}.x, v_${key}, ${size}) * ${channels};`,
    inside: (key, index) => `let t_${key} = ${index};`,
    element: (o, t) => ({ exists: `exists_${o} && inside_${o}`, index: `voxel_${o} + t_${t}` }),
  };
}

/** C = output `[voxels, filters]`, A = input around each voxel, B = filter. What lies below 0 wraps around. */
export function forwardProduct(geometry: ConvGeometry): Product {
  const { batch, output, filters, kernel, channels } = geometry, { sizes, prologue } = convolution(geometry);
  return {
    ...{ kind: "convForward", rows: batch * elementCount(output), columns: filters, classes: 1 },
    ...{ along: null, stages: elementCount(kernel), terms: channels, sizes },
    prologue: `${prologue}let rows = P.batch * output.x * output.y * output.z; let columns = P.filters;
  let stages = P.taps; let terms = P.channels;`,
    stage: "let tap = digits(stage, kernel);",
    a: voxels("input", "P.channels", { outside: "output", staged: "AT * P.stride - padding + tap" }),
    b: {
      ...matrix("inside", "columns", ""),
      element: (o, t) => ({ exists: `exists_${o}`, index: `(o_${o} * P.taps + stage) * P.channels + t_${t}` }),
    },
    place: "return row * P.filters;",
  };
}

/**
 * C = gradient of the input, A = gradient of the output, B = filter. Voxels whose positions have the same remainders by
 * the stride are a class: they meet the same taps, every stride-th of each axis.
 */
export function inputGradientProduct(geometry: ConvGeometry): Product {
  const { batch, input, channels, filters, kernel, stride } = geometry, { sizes, prologue } = convolution(geometry);
  const strides = (size: readonly number[]) => elementCount(size.map((each) => Math.ceil(each / stride)));
  // The class's first tap and first voxel, and how many voxels it has on each axis.
  const classOf = `let stride = vec3u(P.stride); let tap0 = digits(class_, stride);
  let voxel0 = (tap0 + stride - padding % stride) % stride; let extent = strided(input, voxel0, stride);`;
  return {
    ...{ kind: "convInputGradient", rows: batch * strides(input), columns: channels, classes: stride ** 3 },
    ...{ along: null, stages: strides(kernel), terms: filters, sizes },
    prologue: `${prologue}${classOf}
  let met = strided(kernel, tap0, stride); let corner = (voxel0 + padding - tap0) / stride;
  let rows = P.batch * extent.x * extent.y * extent.z; let columns = P.channels;
  let stages = met.x * met.y * met.z; let terms = P.filters;`,
    stage: "let back = digits(stage, met); let tap = voxel_at(0u, tap0 + back * stride, kernel);",
    a: voxels("output", "P.filters", { outside: "extent", staged: "corner + AT - back" }),
    b: {
      ...matrix("outside", "columns", ""),
      inside: (key, index) => `let filter_${key} = (${index} * P.taps + tap) * P.channels;`,
      element: (o, t) => ({ exists: `exists_${o}`, index: `filter_${t} + o_${o}` }),
    },
    place: `${prologue}${classOf}
  let at = position(row, extent); return voxel_at(at.x, voxel0 + at.yzw * stride, input) * P.channels;`,
  };
}

/** C = gradient of the filter `[filters, taps · channels]`, A = gradient of the output, B = input around each voxel. */
export function filterGradientProduct(geometry: ConvGeometry): Product {
  const { batch, output, filters, kernel, channels } = geometry, { sizes, prologue } = convolution(geometry);
  return {
    ...{ kind: "convFilterGradient", rows: filters, columns: elementCount(kernel) * channels, classes: 1 },
    ...{ along: null, stages: 1, terms: batch * elementCount(output), sizes },
    prologue: `${prologue}let rows = P.filters; let columns = P.taps * P.channels;
  let stages = 1u; let terms = P.batch * output.x * output.y * output.z;`,
    stage: "",
    a: matrix("outside", "rows", "P.filters"),
    b: {
      contiguous: "outside",
      outside: (key, index) =>
        `let o_${key} = ${index}; let exists_${key} = o_${key} < columns;
  let tap_${key} = digits(o_${key} / P.channels, kernel) - padding; let c_${key} = o_${key} % P.channels;`,
      staged: NOTHING,
      inside: (key, index) =>
        `let at_${key} = position(${index}, output); let corner_${key} = at_${key}.yzw * P.stride;`,
      element: (o, t) => ({
        exists: `exists_${o} && all(corner_${t} + tap_${o} < input)`,
        index: `voxel_at(at_${t}.x, corner_${t} + tap_${o}, input) * P.channels + c_${o}`,
      }),
    },
    place: "return row * (P.taps * P.channels);",
  };
}
