/** The text of the kernels: what NVRTC is given. */
import type { FloatType } from "../buffer.ts";
import common from "./kernels/common.cu" with { type: "text" };
import batchNorm from "./kernels/batch_norm.cu" with { type: "text" };
import elementwise from "./kernels/elementwise.cu" with { type: "text" };
import gaussian from "./kernels/gaussian.cu" with { type: "text" };
import layerNorm from "./kernels/layer_norm.cu" with { type: "text" };
import maps from "./kernels/maps.cu" with { type: "text" };
import modulatedNorm from "./kernels/modulated_norm.cu" with { type: "text" };
import norms from "./kernels/norms.cu" with { type: "text" };
import optimizer from "./kernels/optimizer.cu" with { type: "text" };
import precision from "./kernels/precision.cu" with { type: "text" };
import reductions from "./kernels/reductions.cu" with { type: "text" };
import rowLosses from "./kernels/row_losses.cu" with { type: "text" };
import rows from "./kernels/rows.cu" with { type: "text" };

/** A module of NVRTC. No header is needed. */
export interface KernelSource {
  readonly name: string;
  /** What its kernels read and write activations in: `Real` in the text. */
  readonly type: FloatType;
  readonly source: string;
}

const REAL: Readonly<Record<FloatType, string>> = { f32: "float", bf16: "bf16" };

/** Modules with kernels on activations, and all others, which know float32 alone. */
const OF_ACTIVATIONS: Readonly<Record<string, string>> = {
  elementwise: `${maps}\n${elementwise}`,
  norms: `${norms}\n${batchNorm}\n${layerNorm}`,
  row_losses: rowLosses,
};
const OF_FLOAT32: Readonly<Record<string, string>> = {
  optimizer: `${maps}\n${optimizer}`,
  rows: `${norms}\n${rows}\n${modulatedNorm}`,
  reductions: `${reductions}\n${gaussian}`,
  precision,
};

/** The modules for activations of `types`; every one begins with `common.cu`. */
export function kernelSources(types: Iterable<FloatType>): KernelSource[] {
  const ofType = (type: FloatType) =>
    Object.entries(OF_ACTIVATIONS).map(([name, text]) => ({
      name: type === "f32" ? name : `${name}_${type}`,
      type,
      source: `${common}\ntypedef ${REAL[type]} Real;\n${text}`,
    }));
  const others = Object.entries(OF_FLOAT32).map(([name, text]) => ({
    name,
    type: "f32" as const,
    source: `${common}\n${text}`,
  }));
  return [...[...types].flatMap(ofType), ...others];
}
