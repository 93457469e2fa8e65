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
 * A or B, in WGSL. Its elements are told by an index outside (row or column) and one inside (term of the stage). Names
 * that a text declares end in `_` and the key it is given.
 */
export interface Side {
  /** Where elements lie side by side in memory. */
  readonly contiguous: "inside" | "outside";
  /** Declares what depends on the outer index `index` alone. */
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

/** The product of two matrices, the class being its number in the batch. */
export function gemmProduct({ batch, m, n, k, transposeA, transposeB }: GemmShape): Product {
  return {
    kind: `gemm ${transposeA} ${transposeB}`,
    ...{ rows: m, columns: n, classes: batch, stages: 1, terms: k, sizes: { m, n, k } },
    prologue: "let rows = P.m; let columns = P.n; let stages = 1u; let terms = P.k;",
    stage: "",
    a: transposeA
      ? matrix("outside", "rows", "P.m", "class_ * P.m * P.k")
      : matrix("inside", "rows", "P.k", "class_ * P.m * P.k"),
    b: transposeB
      ? matrix("inside", "columns", "P.k", "class_ * P.n * P.k")
      : matrix("outside", "columns", "P.n", "class_ * P.n * P.k"),
    place: "return (class_ * P.m + row) * P.n;",
  };
}

const AXES = ["D", "H", "W"] as const;

function sizesOf({ batch, input, channels, output, filters, kernel, stride, padding }: ConvGeometry) {
  const triple = (name: string, values: readonly number[]) =>
    Object.fromEntries(values.map((value, axis) => [`${name}${AXES[axis]}`, value]));
  return {
    ...{ batch, channels, filters, stride, taps: elementCount(kernel) },
    ...{ ...triple("input", input), ...triple("output", output) },
    ...{ ...triple("kernel", kernel), ...triple("padding", padding) },
  };
}

/** Declares sample n and position d, h, w of an index into `[n, D, H, W]`. */
function position(key: string, index: string, [, height, width]: readonly string[], depth: string): string {
  return `let qw_${key} = quotient(${index}, ${width}); let qh_${key} = quotient(qw_${key}, ${height});
  let w_${key} = ${index} - qw_${key} * ${width}; let h_${key} = qw_${key} - qh_${key} * ${height};
  let n_${key} = quotient(qh_${key}, ${depth}); let d_${key} = qh_${key} - n_${key} * ${depth};`;
}

const OUTPUT = AXES.map((axis) => `P.output${axis}`);

/** Declares where the kernel begins in the input for an output position; it wraps around below 0. */
const corner = (key: string) =>
  AXES.map((axis) => {
    const each = axis.toLowerCase();
    return `let corner${axis}_${key} = ${each}_${key} * P.stride - P.padding${axis};`;
  }).join(" ");

/** Declares the place of tap `index` in a kernel. */
const tap = (key: string, index: string) =>
  `let qw_${key} = ${index} / P.kernelW; let tapW_${key} = ${index} % P.kernelW;
  let tapH_${key} = qw_${key} % P.kernelH; let tapD_${key} = qw_${key} / P.kernelH;`;

/** Declares whether an input voxel exists, and where its channels begin. */
const inputVoxel = (key: string, cornerKey: string, tapKey: string) =>
  AXES.map((axis) => `let v${axis}_${key} = corner${axis}_${cornerKey} + tap${axis}_${tapKey};`).join(" ") +
  ` let inside_${key} = ${AXES.map((axis) => `v${axis}_${key} < P.input${axis}`).join(" && ")};
  let voxel_${key} = (((n_${cornerKey} * P.inputD + vD_${key}) * P.inputH + vH_${key}) * P.inputW + vW_${key}) * P.channels;`;

/** C = output `[voxels, filters]`, A = input around each voxel, B = filter. */
export function forwardProduct(geometry: ConvGeometry): Product {
  const { batch, output, filters, kernel, channels } = geometry;
  return {
    kind: "convForward",
    ...{ rows: batch * elementCount(output), columns: filters, classes: 1 },
    ...{ stages: elementCount(kernel), terms: channels, sizes: sizesOf(geometry) },
    prologue: `let rows = P.batch * P.outputD * P.outputH * P.outputW; let columns = P.filters;
  let stages = P.taps; let terms = P.channels;`,
    stage: tap("stage", "stage"),
    a: {
      contiguous: "inside",
      outside: (key, index) =>
        `let q_${key} = ${index}; let exists_${key} = q_${key} < rows;
  ${position(key, `q_${key}`, OUTPUT, OUTPUT[0])} ${corner(key)}`,
      staged: (key) => inputVoxel(key, key, "stage"),
      inside: (key, index) => `let t_${key} = ${index};`,
      element: (o, t) => ({ exists: `exists_${o} && inside_${o}`, index: `voxel_${o} + t_${t}` }),
    },
    b: {
      ...matrix("inside", "columns", "P.taps * P.channels"),
      element: (o, t) => ({
        exists: `exists_${o}`,
        index: `(o_${o} * P.taps + stage) * P.channels + t_${t}`,
      }),
    },
    place: "return row * P.filters;",
  };
}

/**
 * C = gradient of the input, A = gradient of the output, B = filter. Voxels whose positions have the same remainders by
 * the stride are a class: they meet the same taps, every stride-th of each axis.
 */
export function inputGradientProduct(geometry: ConvGeometry): Product {
  const { batch, input, channels, filters, kernel, stride } = geometry;
  // r: the first tap; f: the first voxel; e: voxels; u: taps.
  const classOf =
    `let rD = class_ / (P.stride * P.stride); let rH = class_ / P.stride % P.stride; let rW = class_ % P.stride;
  ${
      AXES.map((axis) =>
        `let f${axis} = (r${axis} + P.stride - P.padding${axis} % P.stride) % P.stride;
  let e${axis} = select(0u, (P.input${axis} - f${axis} + P.stride - 1u) / P.stride, f${axis} < P.input${axis});`
      ).join("\n  ")
    }`;
  const taps = AXES.map((axis) =>
    `let u${axis} = select(0u, (P.kernel${axis} - r${axis} + P.stride - 1u) / P.stride, r${axis} < P.kernel${axis});
  let first${axis} = (f${axis} + P.padding${axis} - r${axis}) / P.stride;`
  ).join("\n  ");
  return {
    kind: "convInputGradient",
    rows: batch * input.reduce((product, size) => product * Math.ceil(size / stride), 1),
    ...{ columns: channels, classes: stride ** 3, terms: filters, sizes: sizesOf(geometry) },
    stages: kernel.reduce((product, size) => product * Math.ceil(size / stride), 1),
    prologue: `${classOf}
  ${taps}
  let rows = P.batch * eD * eH * eW; let columns = P.channels; let stages = uD * uH * uW; let terms = P.filters;`,
    stage: `let sW = stage % uW; let sH = stage / uW % uH; let sD = stage / uW / uH;
  let tap = ((rD + P.stride * sD) * P.kernelH + rH + P.stride * sH) * P.kernelW + rW + P.stride * sW;`,
    a: {
      contiguous: "inside",
      outside: (key, index) =>
        `let q_${key} = ${index}; let exists_${key} = q_${key} < rows;
  ${position(key, `q_${key}`, ["eD", "eH", "eW"], "eD")}`,
      staged: (key) =>
        AXES.map((axis) => `let v${axis}_${key} = first${axis} + ${axis.toLowerCase()}_${key} - s${axis};`).join(" ") +
        ` let inside_${key} = ${AXES.map((axis) => `v${axis}_${key} < P.output${axis}`).join(" && ")};
  let voxel_${key} = (((n_${key} * P.outputD + vD_${key}) * P.outputH + vH_${key}) * P.outputW + vW_${key}) * P.filters;`,
      inside: (key, index) => `let t_${key} = ${index};`,
      element: (o, t) => ({ exists: `exists_${o} && inside_${o}`, index: `voxel_${o} + t_${t}` }),
    },
    b: {
      ...matrix("outside", "columns", ""),
      inside: (key, index) => `let filter_${key} = (${index} * P.taps + tap) * P.channels;`,
      element: (o, t) => ({ exists: `exists_${o}`, index: `filter_${t} + o_${o}` }),
    },
    place: `${classOf}
  let qw = row / eW; let qh = qw / eH; let d = fD + qh % eD * P.stride;
  let h = fH + qw % eH * P.stride; let w = fW + row % eW * P.stride;
  return (((qh / eD * P.inputD + d) * P.inputH + h) * P.inputW + w) * P.channels;`,
  };
}

/** C = gradient of the filter `[filters, taps · channels]`, A = gradient of the output, B = input around each voxel. */
export function filterGradientProduct(geometry: ConvGeometry): Product {
  const { batch, output, filters, kernel, channels } = geometry;
  return {
    kind: "convFilterGradient",
    ...{ rows: filters, columns: elementCount(kernel) * channels, classes: 1, stages: 1 },
    ...{ terms: batch * elementCount(output), sizes: sizesOf(geometry) },
    prologue: `let rows = P.filters; let columns = P.taps * P.channels; let stages = 1u;
  let terms = P.batch * P.outputD * P.outputH * P.outputW;`,
    stage: "",
    a: matrix("outside", "rows", "P.filters"),
    b: {
      contiguous: "outside",
      outside: (key, index) =>
        `let o_${key} = ${index}; let exists_${key} = o_${key} < columns; let tap_${key} = o_${key} / P.channels;
  let c_${key} = o_${key} % P.channels; ${tap(key, `tap_${key}`)}`,
      staged: NOTHING,
      inside: (key, index) => `let q_${key} = ${index}; ${position(key, `q_${key}`, OUTPUT, OUTPUT[0])} ${corner(key)}`,
      element: (o, t) => {
        const voxel = AXES.map((axis) => `(corner${axis}_${t} + tap${axis}_${o})`);
        return {
          exists: `exists_${o} && ${AXES.map((axis, i) => `${voxel[i]} < P.input${axis}`).join(" && ")}`,
          index:
            `(((n_${t} * P.inputD + ${voxel[0]}) * P.inputH + ${voxel[1]}) * P.inputW + ${voxel[2]}) * P.channels` +
            ` + c_${o}`,
        };
      },
    },
    place: "return row * (P.taps * P.channels);",
  };
}
