/** Memory, transfers and element-wise operations on the device. */
import type { Activation, AdamStep, DeviceBuffer, RandomKey, RowsShape, Span } from "../backend.ts";
import type { MemoryLedger } from "../memory.ts";
import type { KernelLibrary } from "./kernel_library.ts";
import type { KernelArguments, KernelName } from "./kernels.ts";
import { columnMapLaunch, elementwiseLaunch, type Launch, type LaunchDevice, rowTileLaunch } from "./launches.ts";
import type { DevicePool } from "./pool.ts";
import type { Staging } from "./staging.ts";
import type { Workspace } from "./workspace.ts";

/** Bytes of a number. */
export const FLOAT_BYTES = 4;
/** Address of an operand that is not given. */
export const NONE = 0n;

/** What operations run with. */
export interface KernelContext {
  readonly pool: DevicePool;
  readonly staging: Staging;
  readonly workspace: Workspace;
  readonly kernels: KernelLibrary;
  readonly launchDevice: LaunchDevice;
}

/** See the file's comment. Spans are checked (`RangeError`) before anything is launched. */
export abstract class KernelBackend {
  protected constructor(protected readonly context: KernelContext) {}

  get memory(): MemoryLedger {
    return this.context.pool.ledger;
  }

  allocate(byteLength: number, tag: string): DeviceBuffer {
    return this.context.pool.allocate(byteLength, tag);
  }

  release(buffer: DeviceBuffer): void {
    this.context.pool.release(buffer);
  }

  upload(source: ArrayBufferView, target: Span): void {
    this.context.staging.upload(source, this.bytes(target, source.byteLength));
  }

  download(source: Span, target: ArrayBufferView): void {
    this.context.staging.download(this.bytes(source, target.byteLength), target);
  }

  synchronize(): void {
    this.context.staging.compute.synchronize();
  }

  fill(count: number, value: number, x: Span): void {
    this.flat("fill", count, { count, value, x: this.floats(x, count) });
  }

  copy(byteLength: number, x: Span, y: Span): void {
    const source = this.bytes(x, byteLength), target = this.bytes(y, byteLength);
    if (byteLength > 0) this.context.staging.compute.copy("DeviceToDevice", target, source, byteLength);
  }

  axpby(count: number, a: number, x: Span, b: number, y: Span): void {
    this.flat("axpby", count, { count, a, x: this.floats(x, count), b, y: this.floats(y, count) });
  }

  randomNormal(count: number, { seed, stream, iteration }: RandomKey, mean: number, deviation: number, x: Span): void {
    const values = { count, seed, stream, iteration, mean, deviation, x: this.floats(x, count) };
    this.flat("random_normal", count, values);
  }

  oneHot(count: number, classes: number, labels: Span, x: Span): void {
    const values = { rows: count, classes, labels: this.bytes(labels, count), x: this.floats(x, count * classes) };
    if (count === 0) return;
    const width = widthOf(classes, values.x);
    this.launch(`one_hot_${width}`, columnMapLaunch(count, classes, width, this.launchDevice), values);
  }

  argmax({ rows, classes }: RowsShape, x: Span, labels: Span): void {
    const values = { rows, classes, x: this.floats(x, rows * classes), y: this.bytes(labels, rows) };
    if (rows > 0) this.launch(`argmax_${tileOf(classes)}`, rowTileLaunch(rows, classes, 1, this.launchDevice), values);
  }

  activation(count: number, { slope }: Activation, x: Span, y: Span): void {
    this.flat("activation", count, { count, slope, x: this.floats(x, count), y: this.floats(y, count) });
  }

  activationBackward(count: number, { slope }: Activation, y: Span, dy: Span, dx: Span): void {
    const values = { count, slope, y: this.floats(y, count), dy: this.floats(dy, count), dx: this.floats(dx, count) };
    this.flat("activation_backward", count, values);
  }

  addActivation(count: number, { slope }: Activation, a: Span, b: Span, y: Span): void {
    const values = { count, slope, a: this.floats(a, count), b: this.floats(b, count), y: this.floats(y, count) };
    this.flat("add_activation", count, values);
  }

  adam(count: number, step: AdamStep, parameters: Span, gradients: Span, m: Span, v: Span): void {
    const { beta1, beta2, epsilon, learningRate } = step;
    this.flat("adam", count, {
      count,
      rate: learningRate * Math.sqrt(1 - beta2 ** step.step) / (1 - beta1 ** step.step),
      beta1,
      oneMinusBeta1: 1 - beta1,
      beta2,
      oneMinusBeta2: 1 - beta2,
      epsilon,
      parameters: this.floats(parameters, count),
      gradients: this.floats(gradients, count),
      m: this.floats(m, count),
      v: this.floats(v, count),
    });
  }

  /** Address of `count` float32 numbers. @throws {RangeError} */
  protected floats(span: Span, count: number): bigint {
    return this.context.pool.address(span, count * FLOAT_BYTES, FLOAT_BYTES);
  }

  /** Address of `byteLength` bytes. @throws {RangeError} */
  protected bytes(span: Span, byteLength: number): bigint {
    return this.context.pool.address(span, byteLength, 1);
  }

  protected get launchDevice(): LaunchDevice {
    return this.context.launchDevice;
  }

  /** Puts a kernel into the stream. */
  protected launch<Name extends KernelName>(name: Name, launch: Launch, values: KernelArguments<Name>): void {
    this.context.kernels.launch(name, launch, values);
  }

  /** A kernel over `count` elements; nothing for none. */
  protected flat<Name extends KernelName>(name: Name, count: number, values: KernelArguments<Name>): void {
    if (count > 0) this.launch(name, elementwiseLaunch(count, this.launchDevice), values);
  }
}

/** Channels that a thread moves at once: four need room for 16-byte loads. */
export function widthOf(channels: number, ...addresses: readonly bigint[]): 1 | 4 {
  return channels % 4 === 0 && addresses.every((address) => address % 16n === 0n) ? 4 : 1;
}

/** Which of the kernels over rows: the model's 12 classes have their own. */
export function tileOf(classes: number): 12 | "n" {
  return classes === 12 ? 12 : "n";
}
