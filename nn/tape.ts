/**
 * Reverse-mode differentiation over a flat list of records.
 *
 * A tape is made for one step: it knows which networks that step trains, records only what leads from their
 * parameters to the losses, owns every tensor made on it, and gives memory back as early as it can: at the end of a
 * {@link Tape.scope} what was neither returned nor saved, during {@link Tape.backward} what each record had saved, and
 * on disposal everything.
 */
import { UserError } from "../base/errors.ts";
import type { Backend, Dtype, FloatType } from "./backend/backend.ts";
import { NotFiniteError } from "./backend/not_finite_error.ts";
import type { Parameter, ParameterSet } from "./parameters.ts";
import { assertShape, elementCount, type Shape, shapeText } from "./shape.ts";
import { Tensor } from "./tensor.ts";

/** What batch norm normalises with: the batch at hand, or the statistics kept while training. */
export type NormStatistics = "batch" | "running";

/** One operation that backward has to undo. */
export interface TapeRecord {
  /** Name of the operation, and of the layer where there is one: `conv3d encoder.conv2.filter`. */
  readonly op: string;
  /** Tensors that the operation read and that may want a gradient. */
  readonly inputs: readonly Tensor[];
  /** Tensors that the operation made. */
  readonly outputs: readonly Tensor[];
  /** Tensors whose memory {@link vjp} reads; kept until it ran. */
  readonly saved: readonly Tensor[];
  /**
   * Adds to the gradients of inputs and parameters. `dOutputs[i]` belongs to `outputs[i]`: null where none arrived.
   * They are not needed afterwards; {@link Tape.exclusive} makes them safe to overwrite.
   */
  vjp(dOutputs: readonly (Tensor | null)[]): void;
}

/** A loss that backward starts from, with its factor in the cost. */
export interface CostTerm {
  /** float32 `[1]`. */
  readonly loss: Tensor;
  /** Factor in the cost; a loss of weight 0 takes no part in backward. */
  readonly weight: number;
}

/** Options of a tape. */
export interface TapeOptions {
  /** The networks whose parameters get gradients; none for inference. */
  readonly trains?: ParameterSet | readonly ParameterSet[] | null;
  /** Statistics that batch norm uses; "batch" unless said otherwise. */
  readonly statistics?: NormStatistics;
  /** Whether layers that can compute activations again for backward do so instead of keeping them; false by default. */
  readonly recomputes?: boolean;
  /** Is shown the statistics `[groups, 2, channels]` that each batch norm normalised a batch with. */
  readonly onStatistics?: (set: ParameterSet, norm: string, statistics: Tensor) => void;
  /** Is shown the activations of every layer as `encoder.h2`, while they are alive. */
  readonly onLayer?: (name: string, activations: Tensor) => void;
}

/**
 * Is told during backward, after every record, which gradients of a network nothing is added to any more: those from
 * element `start` of its buffer on. `start` never rises.
 */
export type OnFinalGradients = (set: ParameterSet, start: number) => void;

/** A record with the parameters that it adds to the gradients of. */
interface Recorded {
  readonly record: TapeRecord;
  readonly parameters: readonly Parameter[];
}

/** Records operations for one step and differentiates them. */
export class Tape implements Disposable {
  /** The networks that this tape differentiates for. */
  readonly trains: readonly ParameterSet[];
  /** What batch norm normalises with. */
  readonly statistics: NormStatistics;
  /** Whether activations are computed again for backward, where a layer can, instead of kept. */
  readonly recomputes: boolean;
  readonly #onLayer: TapeOptions["onLayer"];
  readonly #onStatistics: TapeOptions["onStatistics"];
  #records: Recorded[] = [];
  #owned: Tensor[] = [];
  readonly #tracked = new WeakSet<Tensor>();
  readonly #gradients = new Map<Tensor, Tensor>();
  #weights = new Map<Tensor, number>();

  /** An empty tape. Dispose it to give back what was made on it. */
  constructor(readonly backend: Backend, options: TapeOptions = {}) {
    this.trains = [options.trains ?? []].flat();
    this.statistics = options.statistics ?? "batch";
    this.recomputes = options.recomputes ?? false;
    this.#onLayer = options.onLayer;
    this.#onStatistics = options.onStatistics;
  }

  /** Type that the engine wants volumes of activations stored in. */
  get activations(): FloatType {
    return this.backend.activations ?? "f32";
  }

  /** A new tensor with undefined content, owned by the current scope. */
  allocate(shape: Shape, tag: string, dtype: Dtype = "f32"): Tensor {
    return this.own(Tensor.allocate(this.backend, shape, tag, dtype));
  }

  /** Makes the current scope the owner of `tensor`. */
  own(tensor: Tensor): Tensor {
    this.#owned.push(tensor);
    return tensor;
  }

  /** Runs `body` and gives back every tensor made in it, except the one returned and what records saved. */
  scope(body: () => Tensor): Tensor {
    const outer = this.#owned;
    const inner: Tensor[] = this.#owned = [];
    let result: Tensor | null = null;
    try {
      return result = body();
    } finally {
      this.#owned = outer;
      for (const tensor of inner) {
        if (tensor === result) outer.push(tensor);
        else tensor[Symbol.dispose]();
      }
    }
  }

  /** Shows `activations` to {@link TapeOptions.onLayer} as the layer `name` and returns them. */
  layer(name: string, activations: Tensor): Tensor {
    this.#onLayer?.(name, activations);
    return activations;
  }

  /** Shows what a batch norm normalised with to {@link TapeOptions.onStatistics}. */
  showStatistics(set: ParameterSet, norm: string, statistics: Tensor): void {
    this.#onStatistics?.(set, norm, statistics);
  }

  /** Whether a gradient has to flow back to `tensor`. */
  tracks(tensor: Tensor): boolean {
    return this.#tracked.has(tensor);
  }

  /** Whether this tape's step trains `parameter`. */
  learns(parameter: Parameter): boolean {
    return this.trains.includes(parameter.set);
  }

  /** Keeps a record if any input is tracked or any parameter is trained; its outputs are tracked then. */
  record(record: TapeRecord, parameters: readonly Parameter[] = []): void {
    if (!record.inputs.some((input) => this.tracks(input)) && !parameters.some((each) => this.learns(each))) return;
    for (const tensor of record.saved) tensor.storage.retain();
    for (const tensor of record.outputs) this.#tracked.add(tensor);
    this.#records.push({ record, parameters: parameters.filter((each) => this.learns(each)) });
  }

  /**
   * Adds to the gradient of `tensor`, unless nobody wants it: `compute(target, accumulate)` writes (or, if asked, adds)
   * it into `target`.
   */
  addGradient(tensor: Tensor, compute: (target: Tensor, accumulate: boolean) => void): void {
    if (!this.tracks(tensor)) return;
    const existing = this.#gradients.get(tensor);
    if (existing && existing.storage.owners === 1) return compute(existing, true);
    const target = Tensor.allocate(this.backend, tensor.shape, "activation gradients", tensor.dtype);
    if (existing) {
      this.backend.copy({ byteLength: existing.byteLength }, { x: existing, y: target });
      existing[Symbol.dispose]();
    }
    this.#gradients.set(tensor, target);
    compute(target, existing !== undefined);
  }

  /** Adds `gradient`, which is not changed any more by the caller, to the gradient of `tensor` without copying it. */
  passGradient(tensor: Tensor, gradient: Tensor): void {
    if (!this.tracks(tensor)) return;
    assertShape(`gradient of "${tensor.tag}"`, gradient.shape, tensor.shape);
    if (this.#gradients.has(tensor)) {
      this.addGradient(tensor, (target) => {
        this.backend.axpby({ count: target.stored, a: 1, b: 1 }, { x: gradient, y: target });
      });
    } else {
      this.#gradients.set(tensor, gradient.reshape(tensor.shape));
    }
  }

  /** `gradient` itself if nobody else holds its memory, else a copy: where a vjp may write its result in place. */
  exclusive(gradient: Tensor): Tensor {
    if (gradient.storage.owners === 1) return gradient;
    const copy = this.allocate(gradient.shape, "activation gradients", gradient.dtype);
    this.backend.copy({ byteLength: gradient.byteLength }, { x: gradient, y: copy });
    return copy;
  }

  /** Factor of `loss` in the cost that is being differentiated; 0 if it has no part in it. */
  weightOf(loss: Tensor): number {
    return this.#weights.get(loss) ?? 0;
  }

  /**
   * Adds the gradient of Σ weight·loss for every parameter of the trained networks to its gradient buffer
   * ({@link ParameterSet.zeroGradients}). The tape is empty afterwards.
   */
  backward(cost: readonly CostTerm[], onFinal?: OnFinalGradients): void {
    this.#weights = new Map(cost.map(({ loss, weight }) => [loss, weight]));
    const records = this.#records, ends = onFinal && this.trains.map((set) => new FinalGradients(set, records));
    this.#records = [];
    while (records.length > 0) {
      const { record, parameters } = records.pop()!;
      const dOutputs = record.outputs.map((output) => this.#gradients.get(output) ?? null);
      try {
        if (dOutputs.some((each) => each) || record.outputs.some((output) => this.weightOf(output) !== 0)) {
          record.vjp(dOutputs);
        }
      } catch (cause) {
        this.#records = records;
        if (cause instanceof NotFiniteError) throw new NotFiniteError(`gradient of ${record.op}: ${cause.message}`);
        if (cause instanceof UserError) throw cause; // memory ran out: no fault of this operation
        const shapes = record.inputs.map(({ shape }) => shapeText(shape)).join(", ");
        throw new Error(`gradient of ${record.op} (${shapes}): ${cause instanceof Error ? cause.message : cause}`, {
          cause,
        });
      } finally {
        record.outputs.forEach((output, index) => {
          if (dOutputs[index]) this.#gradients.delete(output);
          dOutputs[index]?.[Symbol.dispose]();
        });
        for (const tensor of record.saved) tensor.storage.release();
      }
      ends?.forEach((each) => onFinal?.(each.set, each.after(parameters)));
    }
    this.#weights.clear();
  }

  /** Gives everything back that was made on this tape. */
  [Symbol.dispose](): void {
    for (const { record } of this.#records) for (const tensor of record.saved) tensor.storage.release();
    for (const gradient of this.#gradients.values()) gradient[Symbol.dispose]();
    for (const tensor of this.#owned) tensor[Symbol.dispose]();
    this.#records = [];
    this.#gradients.clear();
    this.#owned = [];
  }
}

/** Follows backward: from where on the gradients of a network are final. */
class FinalGradients {
  /** Records yet to come that add to a parameter's gradient. */
  readonly #uses = new Map<Parameter, number>();
  readonly #parameters: Parameter[];

  constructor(readonly set: ParameterSet, records: readonly Recorded[]) {
    this.#parameters = set.parameters;
    for (const { parameters } of records) for (const each of parameters) this.#count(each, 1);
  }

  /** Element of the network's buffer from which on all is final, when a record with these parameters is done. */
  after(parameters: readonly Parameter[]): number {
    for (const each of parameters) this.#count(each, -1);
    while (this.#parameters.length > 0 && !this.#uses.get(this.#parameters.at(-1)!)) this.#parameters.pop();
    const last = this.#parameters.at(-1);
    return last ? last.layout.offset + elementCount(last.shape) : 0;
  }

  #count(parameter: Parameter, change: number): void {
    this.#uses.set(parameter, (this.#uses.get(parameter) ?? 0) + change);
  }
}
