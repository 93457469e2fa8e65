/** Carries out the plans of convolutions with the kernels of this engine. */
import type { ConvGeometry } from "../../backend.ts";
import type { ConvDirection } from "../../counting_backend.ts";
import type { Engine } from "../engine.ts";
import type { Block } from "../linear_memory.ts";
import { type LoadedPlan, loadPlan } from "../multiply/loaded_plan.ts";
import type { ProductKernels } from "../products.ts";
import type { Kernel } from "../threads/kernel.ts";
import type { ConvPlan, LinePreparation } from "./conv_plan.ts";
import { geometryKey } from "./geometry.ts";
import { padLinesKernel } from "./line_padding.ts";
import { planConv } from "./plans.ts";
import { sumCopies, sumCopiesKernel } from "./sum_copies.ts";

/** The kernels of convolutions besides {@link ProductKernels}. */
export const CONV_KERNELS: readonly Kernel[] = [padLinesKernel, sumCopiesKernel];

/** A plan whose tables lie in the engine's memory. */
interface ReadyConv {
  readonly plan: ConvPlan;
  readonly multiply: LoadedPlan;
  readonly taps: Block | null;
}

/** Convolutions of one engine, with their plans by geometry. */
export class Convolutions {
  readonly #byKey = new Map<string, ReadyConv>();
  readonly #byObject = {
    forward: new WeakMap<ConvGeometry, ReadyConv>(),
    inputGradient: new WeakMap<ConvGeometry, ReadyConv>(),
    filterGradient: new WeakMap<ConvGeometry, ReadyConv>(),
  };

  constructor(readonly engine: Engine, readonly products: ProductKernels) {}

  /** See `convForward` in the table; operands are addresses, as below. */
  forward(geometry: ConvGeometry, input: number, filter: number, output: number): void {
    const ready = this.#ready(geometry, "forward");
    this.#packed(ready, input, filter, output, false);
  }

  /** See `convInputGradient` in the table. */
  inputGradient(geometry: ConvGeometry, dOutput: number, filter: number, dInput: number, accumulate: boolean): void {
    const ready = this.#ready(geometry, "inputGradient");
    this.#packed(ready, dOutput, filter, dInput, accumulate);
  }

  /** See `convFilterGradient` in the table. */
  filterGradient(geometry: ConvGeometry, input: number, dOutput: number, dFilter: number, accumulate: boolean): void {
    const { plan, multiply: loaded } = this.#ready(geometry, "filterGradient");
    const workspace = this.engine.workspace(plan.workspace.bytes);
    const a = this.#prepared(plan.a, dOutput, workspace + plan.workspace.a);
    const b = this.#prepared(plan.b, input, workspace + plan.workspace.b);
    if (plan.copies === 1) return this.products.multiply(this.engine, loaded, a, b, dFilter, accumulate);
    const copies = workspace + plan.workspace.copies;
    this.products.multiply(this.engine, loaded, a, b, copies, false);
    sumCopies(this.engine, plan.resultCount, copies, plan.copies, dFilter, accumulate);
  }

  #packed(
    { plan, multiply: loaded, taps }: ReadyConv,
    a: number,
    filter: number,
    c: number,
    accumulate: boolean,
  ): void {
    const workspace = this.engine.workspace(plan.workspace.bytes);
    const lines = this.#prepared(plan.a, a, workspace + plan.workspace.a);
    const packed = workspace + plan.workspace.b;
    this.products.packFilter(this.engine, plan.packing!, taps, filter, packed);
    this.products.multiply(this.engine, loaded, lines, packed, c, accumulate);
  }

  /** Address of the lines that the plan reads: the operand's, or prepared ones at `target`. */
  #prepared(lines: LinePreparation, operand: number, target: number): number {
    if (lines === null) return operand;
    if (lines.kind === "rounded") this.products.roundLines!(this.engine, lines, operand, target);
    else this.products.padLines(this.engine, lines, operand, target);
    return target;
  }

  #ready(geometry: ConvGeometry, direction: ConvDirection): ReadyConv {
    const known = this.#byObject[direction].get(geometry);
    if (known) return known;
    const key = `${direction} ${geometryKey(geometry)}`;
    const ready = this.#byKey.get(key) ?? this.#load(this.#plan(geometry, direction));
    this.#byKey.set(key, ready);
    this.#byObject[direction].set(geometry, ready);
    return ready;
  }

  #plan(geometry: ConvGeometry, direction: ConvDirection): ConvPlan {
    const { tile, roundLines } = this.products;
    return planConv(geometry, direction, tile, roundLines ? "bfloat16" : "float32");
  }

  #load(plan: ConvPlan): ReadyConv {
    const { packing } = plan, { heap } = this.engine;
    if (packing?.kind !== "taps") return { plan, multiply: loadPlan(this.engine, plan.multiply), taps: null };
    const taps = heap.allocate(packing.taps.byteLength, "workspace (plans)");
    new Int32Array(heap.memory.buffer).set(packing.taps, taps.address / 4);
    try {
      return { plan, multiply: loadPlan(this.engine, plan.multiply), taps };
    } catch (error) {
      heap.release(taps);
      throw error;
    }
  }
}
