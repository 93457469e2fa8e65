/** The text of the kernels: what NVRTC is given. */
import common from "./kernels/common.cu" with { type: "text" };
import batchNorm from "./kernels/batch_norm.cu" with { type: "text" };
import elementwise from "./kernels/elementwise.cu" with { type: "text" };
import gaussian from "./kernels/gaussian.cu" with { type: "text" };
import layerNorm from "./kernels/layer_norm.cu" with { type: "text" };
import modulatedNorm from "./kernels/modulated_norm.cu" with { type: "text" };
import norms from "./kernels/norms.cu" with { type: "text" };
import precision from "./kernels/precision.cu" with { type: "text" };
import reductions from "./kernels/reductions.cu" with { type: "text" };
import rowLosses from "./kernels/row_losses.cu" with { type: "text" };
import rows from "./kernels/rows.cu" with { type: "text" };

/** Source of each module of NVRTC; every one begins with `common.cu`. No header is needed. */
export const KERNEL_SOURCES: Readonly<Record<string, string>> = {
  elementwise: `${common}\n${elementwise}`,
  norms: `${common}\n${norms}\n${batchNorm}\n${layerNorm}`,
  rows: `${common}\n${norms}\n${rows}\n${modulatedNorm}`,
  row_losses: `${common}\n${rowLosses}`,
  reductions: `${common}\n${reductions}\n${gaussian}`,
  precision: `${common}\n${precision}`,
};
