/** Parameters of one network, side by side in one buffer; gradients and moments have the same layout. */
import type { Backend } from "./backend/backend.ts";
import { elementCount, type Shape } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/**
 * How a parameter starts. As published: filters and dense weights N(0, 0.02), gains N(1, 0.02), biases 0
 * (docs/model.md). "scaled" are dense weights N(0, 1/inputs), which keep the size of what passes through them (Y. LeCun
 * et al., "Efficient BackProp", 1998, section 4.6); "zero" begins at nothing.
 */
export type Initializer = "weight" | "gain" | "bias" | "scaled" | "zero";

/** Mean and standard deviation of a parameter's first values. */
function initialDistribution({ initializer, shape }: ParameterLayout): { mean: number; deviation: number } {
  switch (initializer) {
    case "weight":
      return { mean: 0, deviation: 0.02 };
    case "gain":
      return { mean: 1, deviation: 0.02 };
    case "scaled":
      return { mean: 0, deviation: 1 / Math.sqrt(shape[0]) };
    case "bias":
    case "zero":
      return { mean: 0, deviation: 0 };
  }
}

/** Every parameter starts at a multiple of 64 bytes, so that engines may load it aligned. */
const ALIGNMENT_ELEMENTS = 16;

/** Name and place of one parameter in its network's buffer. */
export interface ParameterLayout {
  /** E.g. `conv2.filter`. */
  readonly name: string;
  /** Sizes; filters are `[K, kd, kh, kw, C]`, dense weights `[in, out]`. */
  readonly shape: Shape;
  /** How its values start. */
  readonly initializer: Initializer;
  /** In elements from the start of the buffer. */
  readonly offset: number;
}

/** One learned tensor: a view into its network's buffer. */
export class Parameter {
  /** `value` is a view of `set.values`; the set makes and releases it. */
  constructor(readonly set: ParameterSet, readonly layout: ParameterLayout, readonly value: Tensor) {}

  /** `encoder.conv2.filter`. */
  get name(): string {
    return `${this.set.network}.${this.layout.name}`;
  }

  /** Sizes. */
  get shape(): Shape {
    return this.layout.shape;
  }

  /** A view of this parameter's part of `buffer`, which has the layout of the set. */
  viewIn(buffer: Tensor): Tensor {
    buffer.storage.retain();
    return new Tensor(buffer.storage, this.shape, "f32", buffer.byteOffset + this.layout.offset * 4);
  }
}

/** Mean and variance of one batch norm's inputs over many batches, for inference: see `models/calibrate.ts`. */
export interface RunningStatistics {
  /** Name of the batch norm, e.g. `norm2`. */
  readonly name: string;
  /** float32 `[2, channels]`: means, then variances. */
  readonly value: Tensor;
}

/** Declares the parameters of a network before memory is taken. */
export class ParameterBuilder {
  /** Parameters in the order of their declaration, which is the order in the buffer. */
  readonly layouts: ParameterLayout[] = [];
  /** Batch norms that keep running statistics, in the order of their declaration. */
  readonly statistics: { name: string; channels: number }[] = [];
  #size = 0;

  /** Elements of the whole buffer, with alignment. */
  get size(): number {
    return this.#size;
  }

  /** Declares one parameter. */
  add(name: string, shape: Shape, initializer: Initializer): this {
    this.layouts.push({ name, shape, initializer, offset: this.#size });
    this.#size += Math.ceil(elementCount(shape) / ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS;
    return this;
  }

  /** Declares gain and bias of a batch norm and its running statistics. */
  addBatchNorm(name: string, channels: number): this {
    this.statistics.push({ name, channels });
    return this.add(`${name}.gain`, [channels], "gain").add(`${name}.bias`, [channels], "bias");
  }

  /** Declares the single gain and bias of a layer norm. */
  addLayerNorm(name: string): this {
    return this.add(`${name}.gain`, [1], "gain").add(`${name}.bias`, [1], "bias");
  }
}

/** The parameters of one network, their gradients while a step needs them, and batch norm's running statistics. */
export class ParameterSet implements Disposable {
  /** All values in one tensor `[size]`; gaps between parameters are 0. */
  readonly values: Tensor;
  readonly #byName = new Map<string, Parameter>();
  readonly #statistics = new Map<string, RunningStatistics>();
  readonly #owned: DisposableStack;
  #gradients: Tensor | null = null;

  /** Takes memory for what `builder` declared: values 0, running statistics as after {@link resetStatistics}. */
  constructor(readonly backend: Backend, readonly network: string, builder: ParameterBuilder) {
    using guard = new DisposableStack();
    this.values = guard.use(Tensor.allocate(backend, [builder.size], `${network} weights`));
    backend.fill({ count: builder.size, value: 0 }, { x: this.values });
    for (const layout of builder.layouts) {
      this.values.storage.retain();
      const value = guard.use(new Tensor(this.values.storage, layout.shape, "f32", layout.offset * 4));
      this.#byName.set(layout.name, new Parameter(this, layout, value));
    }
    for (const { name, channels } of builder.statistics) {
      const value = guard.use(Tensor.allocate(backend, [2, channels], `${network} running statistics`));
      this.#statistics.set(name, { name, value });
    }
    this.resetStatistics();
    this.#owned = guard.move();
  }

  /** All parameters in the order of their declaration. */
  get parameters(): Parameter[] {
    return [...this.#byName.values()];
  }

  /** All running statistics in the order of their declaration. */
  get statistics(): RunningStatistics[] {
    return [...this.#statistics.values()];
  }

  /** Number of learned numbers. */
  get count(): number {
    return this.parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /** The parameter `name`, e.g. `conv2.filter`. @throws {RangeError} if the network declared no such parameter. */
  get(name: string): Parameter {
    const parameter = this.#byName.get(name);
    if (!parameter) throw new RangeError(`${this.network} has no parameter "${name}"`);
    return parameter;
  }

  /** Running statistics of the norm `name`, e.g. `norm2`. @throws {RangeError} if no such batch norm was declared. */
  statisticsOf(name: string): RunningStatistics {
    const statistics = this.#statistics.get(name);
    if (!statistics) throw new RangeError(`${this.network} has no batch norm "${name}"`);
    return statistics;
  }

  /** Draws new values: the same for the same seed on every engine. `stream` sets networks apart. */
  initialize(seed: number, stream: number): void {
    this.parameters.forEach(({ layout, value }, index) => {
      const { mean, deviation } = initialDistribution(layout);
      const count = elementCount(layout.shape);
      if (deviation === 0) this.backend.fill({ count, value: mean }, { x: value });
      else this.backend.randomNormal({ count, seed, stream, iteration: index, mean, deviation }, { x: value });
    });
    this.resetStatistics();
  }

  /** Running statistics back to mean 0, variance 1. */
  resetStatistics(): void {
    for (const statistics of this.statistics) {
      const channels = statistics.value.shape[1];
      this.backend.upload(new Float32Array(2 * channels).fill(1, channels), statistics.value);
    }
  }

  /** Memory for gradients, zeroed, until the returned tensor is released. One at a time. */
  zeroGradients(): Disposable & { readonly value: Tensor } {
    if (this.#gradients) throw new RangeError(`${this.network}: gradients are already allocated`);
    const value = Tensor.allocate(this.backend, this.values.shape, "gradients");
    this.backend.fill({ count: value.size, value: 0 }, { x: value });
    this.#gradients = value;
    return {
      value,
      [Symbol.dispose]: () => {
        this.#gradients = null;
        value[Symbol.dispose]();
      },
    };
  }

  /** Where the gradient of `parameter` is added up. @throws {RangeError} outside {@link zeroGradients}. */
  gradientOf(parameter: Parameter): { readonly buffer: Tensor["buffer"]; readonly byteOffset: number } {
    if (!this.#gradients) throw new RangeError(`${this.network}: no gradients are allocated for ${parameter.name}`);
    return { buffer: this.#gradients.buffer, byteOffset: parameter.layout.offset * 4 };
  }

  /** Gives all memory back. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
