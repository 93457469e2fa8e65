/** Code of one engine while it is written: an assembler, structured control flow, and what kernels share. */
import { Assembler, at, type Condition, Label, type Memory, RBP } from "./assembler/mod.ts";
import type { VectorSet } from "./vector_set.ts";

/** Bytes between the frame pointer and the first local: the saved registers. */
const SAVED_BYTES = 40;
/** Bytes of locals in every kernel's frame. */
export const FRAME_BYTES = 512;

/**
 * Locals of every kernel's frame, 8 bytes each, at the same place in all of them: subroutines of a kernel see them.
 * Those of `multiplyBlock` (block.ts) come first.
 */
export const FRAME = [
  "a",
  "b",
  "c",
  "segments",
  "segmentsEnd",
  "depth",
  "strideA",
  "strideB",
  "strideC",
  "columns",
  "accumulate",
  "rows",
  "tiles",
  "base",
  "scratch",
  "task",
] as const;

/** A local that every kernel has. */
export type FrameName = typeof FRAME[number];

/** Place of the local number `index` of a frame. */
export function local(index: number): Memory {
  if ((index + 1) * 8 > FRAME_BYTES) throw new RangeError("too many locals in a kernel");
  return at(RBP, -SAVED_BYTES - 8 * (index + 1));
}

/** Places of {@link FRAME}. */
export const frame: Readonly<Record<FrameName, Memory>> = Object.fromEntries(
  FRAME.map((name, index) => [name, local(index)]),
) as Record<FrameName, Memory>;

/** See the file's comment. */
export class CodeBuilder extends Assembler {
  readonly #shared = new Map<string, Label>();
  /** Subroutines that have been asked for and not written yet. */
  readonly #pending: (() => void)[] = [];
  /** Data of the vector set. */
  readonly tables: Label;

  constructor(readonly vectors: VectorSet) {
    super();
    this.align(64);
    this.tables = vectors.writeTables(this);
  }

  /** The subroutine of this name, written by `write` once, after what is being written now. */
  shared(name: string, write: () => void): Label {
    const known = this.#shared.get(name);
    if (known) return known;
    const label = new Label();
    this.#shared.set(name, label);
    this.#pending.push(() => {
      this.align(64);
      this.place(label);
      write();
    });
    return label;
  }

  /** Writes the subroutines that were asked for. */
  writeShared(): void {
    for (let write = this.#pending.shift(); write; write = this.#pending.shift()) write();
  }

  /** Data: a vector of copies of a float32. */
  constant(value: number): Label {
    return this.constantBits(new Int32Array(Float32Array.of(value).buffer)[0]);
  }

  /** Data: a vector of copies of 32 bits. */
  constantBits(bits: number): Label {
    return this.shared(`constant ${bits}`, () => this.words(Array(this.vectors.lanes).fill(bits)));
  }

  /** Repeats `body` until the condition holds that `leave` tests and names. */
  loop(leave: () => Condition, body: () => void): void {
    const start = this.here(), end = new Label();
    this.jumpIf(leave(), end);
    body();
    this.jump(start);
    this.place(end);
  }

  /** Runs `then` if the condition holds, else `otherwise`. */
  when(condition: Condition, then: () => void, otherwise?: () => void): void {
    const yes = new Label(), end = new Label();
    this.jumpIf(condition, yes);
    otherwise?.();
    this.jump(end);
    this.place(yes);
    then();
    this.place(end);
  }
}
