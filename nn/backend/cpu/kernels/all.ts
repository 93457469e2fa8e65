/** Every kernel of the engine, compiled together when it opens. */
import type { Kernel } from "../threads/kernel.ts";
import { axpbyKernel, scaleKernel } from "./axpby.ts";
import { fillKernel } from "./fill.ts";

/** A kernel that is not listed here cannot be run. */
export const ELEMENTWISE_KERNELS: readonly Kernel[] = [
  fillKernel,
  axpbyKernel,
  scaleKernel,
];
