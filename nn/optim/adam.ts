import type { AdamStep } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import { Tensor } from "../tensor.ts";

/** Adam's settings; the paper's are {@link PAPER_ADAM}. */
export type AdamOptions = Omit<AdamStep, "step">;

/** Adam as in the paper (section 4): lr 1e-4, β1 0.5, β2 0.9; ε as in TensorFlow. */
export const PAPER_ADAM: AdamOptions = { learningRate: 1e-4, beta1: 0.5, beta2: 0.9, epsilon: 1e-8 };

/** Adam in TensorFlow's form (Kingma & Ba 2015, section 2, "ε hat") over all parameters of one network at once. */
export class Adam implements Disposable {
  /** First moment, with the layout of the parameters. */
  readonly m: Tensor;
  /** Second moment. */
  readonly v: Tensor;
  /** Steps taken so far. */
  steps = 0;

  /** Takes memory for both moments, zeroed. @throws {OutOfMemoryError} */
  constructor(readonly parameters: ParameterSet, readonly options: AdamOptions) {
    const { backend, values, network } = parameters;
    using guard = new DisposableStack();
    this.m = guard.use(Tensor.allocate(backend, values.shape, `${network} moments`));
    this.v = guard.use(Tensor.allocate(backend, values.shape, `${network} moments`));
    for (const x of [this.m, this.v]) backend.fill({ count: values.size, value: 0 }, { x });
    guard.move();
  }

  /** Moves the parameters against `gradients`, which has their layout; `rate` is a factor of the learning rate. */
  step(gradients: Tensor, rate: number = 1): void {
    const { backend, values } = this.parameters;
    const { m, v } = this, learningRate = rate * this.options.learningRate;
    const shape = { count: values.size, ...this.options, learningRate, step: ++this.steps };
    backend.adam(shape, { parameters: values, gradients, m, v });
  }

  /** Gives the moments back; the parameters stay. */
  [Symbol.dispose](): void {
    this.m[Symbol.dispose]();
    this.v[Symbol.dispose]();
  }
}
