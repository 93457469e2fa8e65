/** What the operations of our own kernels run with. */
import type { FloatType } from "../buffer.ts";
import type { Kernels } from "../calls.ts";
import type { KernelArguments, KernelLibrary } from "./kernel_library.ts";
import { elementwiseLaunch, type LaunchDevice } from "./launches.ts";
import type { Staging } from "./staging.ts";
import type { StepSizes } from "./step_sizes.ts";
import type { Workspace } from "./workspace.ts";

/** Parts of an open engine. */
export interface KernelContext {
  readonly staging: Staging;
  readonly workspace: Workspace;
  readonly kernels: KernelLibrary;
  readonly launchDevice: LaunchDevice;
  readonly stepSizes: StepSizes;
}

/** Operations on addresses of the device. */
export type DeviceOperations = Kernels<Record<"f32" | "bf16" | "u8", bigint>>;

/** Bytes of a number. */
export const FLOAT_BYTES = 4;
/** Address of an operand that is not given. */
export const NONE = 0n;

/** Puts a kernel over `count` elements into the stream; nothing for none. */
export function flat(
  { kernels, launchDevice }: KernelContext,
  name: string,
  count: number,
  values: KernelArguments,
  type?: FloatType,
): void {
  if (count > 0) kernels.launch(name, elementwiseLaunch(count, launchDevice), values, type);
}

/** Channels that a thread moves at once: four need room for 16-byte loads. */
export function widthOf(channels: number, ...addresses: readonly bigint[]): 1 | 4 {
  return channels % 4 === 0 && addresses.every((address) => address % 16n === 0n) ? 4 : 1;
}

/** Which of the kernels over rows: the model's 12 classes have their own. */
export function tileOf(classes: number): 12 | "n" {
  return classes === 12 ? 12 : "n";
}
