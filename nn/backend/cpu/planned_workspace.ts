/** The scratch memory that convolutions need on the processor, for plans made without the engine. */
import { UserError } from "../../../base/errors.ts";
import type { ConvGeometry } from "../backend.ts";
import type { ConvDirection } from "../counting_backend.ts";
import type { Precision } from "../precision.ts";
import { convWorkspaceBytes } from "./conv/plans.ts";
import { chooseCode, type CpuEngineName, type ProductCode } from "./native/choice.ts";
import { nativeProducts } from "./native/products.ts";
import { VECTOR_SETS } from "./native/vector_set.ts";

/**
 * Workspace of a convolution with the code that the engine would run here, or, where it cannot (which opening it says),
 * with WebAssembly. Tables of plans and threads' own memory, a few MiB, come on top.
 */
export function cpuWorkspaceBytes(
  cpuEngine: CpuEngineName,
  precision: Precision,
): (geometry: ConvGeometry, direction: ConvDirection) => number {
  const format = precision === "bf16" ? "bfloat16" : "float32", code = codeFor(cpuEngine, precision);
  const tile = code === "WebAssembly" ? undefined : nativeProducts(VECTOR_SETS[code], format).tile;
  const known = new Map<string, number>(); // a plan takes a while
  return (geometry, direction) => {
    const key = `${direction} ${JSON.stringify(geometry)}`;
    const bytes = known.get(key) ?? convWorkspaceBytes(geometry, direction, tile, tile && format);
    known.set(key, bytes);
    return bytes;
  };
}

function codeFor(cpuEngine: CpuEngineName, precision: Precision): ProductCode {
  try {
    return chooseCode(cpuEngine, precision === "bf16").code;
  } catch (error) {
    if (error instanceof UserError) return "WebAssembly";
    throw error;
  }
}
