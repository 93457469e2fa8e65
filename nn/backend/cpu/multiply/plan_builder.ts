/** Collects the tables of a {@link MultiplyPlan}. */
import { BLOCK_WORDS, type MultiplyPlan, type MultiplyStrides } from "./multiply_plan.ts";

/** A segment: offsets in A and B in bytes. */
export type Segment = readonly [a: number, b: number];

/** A block before it is written down; see `BLOCK`. */
export interface BlockFields {
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly segments: readonly Segment[];
  readonly depth: number;
  readonly rows: number;
  readonly panelStride: number;
  readonly accumulate: boolean;
}

/** A range of blocks by a range of panels. */
export interface TaskFields {
  readonly blocks: readonly [begin: number, end: number];
  readonly panels: readonly [begin: number, end: number];
}

/** Writes blocks and tasks; equal lists of segments are kept once. */
export class PlanBuilder {
  readonly #blocks: number[] = [];
  readonly #segments: number[] = [];
  readonly #tasks: number[] = [];
  readonly #lists = new Map<string, number>();

  /** Number of blocks so far. */
  get blockCount(): number {
    return this.#blocks.length / BLOCK_WORDS;
  }

  block(block: BlockFields): void {
    const begin = this.#list(block.segments);
    this.#blocks.push(block.a, block.b, block.c, begin, begin + block.segments.length);
    this.#blocks.push(block.depth, block.rows, block.panelStride, Number(block.accumulate));
  }

  task({ blocks, panels }: TaskFields): void {
    this.#tasks.push(...blocks, ...panels);
  }

  finish(
    strides: MultiplyStrides,
    shape: Pick<MultiplyPlan, "format" | "columns" | "packed" | "panelsPerPass">,
  ): MultiplyPlan {
    return {
      ...strides,
      ...shape,
      blocks: Int32Array.from(this.#blocks),
      segments: Int32Array.from(this.#segments),
      tasks: Int32Array.from(this.#tasks),
    };
  }

  #list(segments: readonly Segment[]): number {
    const key = segments.join(";");
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    const begin = this.#segments.length / 2;
    for (const segment of segments) this.#segments.push(...segment);
    this.#lists.set(key, begin);
    return begin;
  }
}
