/** Two engines doing the same work: the one under test and the reference. */
import { assert, assertEquals } from "@std/assert";
import { fillNormal } from "../../../../base/random.ts";
import { UNKNOWN_LABEL } from "../../../../data/classes.ts";
import type { Backend, DeviceBuffer, Dtype, Span } from "../../../../nn/backend/backend.ts";
import type { OperandsOf, OperationName, ShapeOf } from "../../../../nn/backend/calls.ts";
import { ReferenceBackend } from "../../../helpers/reference_backend.ts";

/** An array that exists on both engines. */
export interface Operand {
  readonly index: number;
  readonly content: Float32Array | Uint8Array;
}

/** How far a result may be from the reference: |actual − expected| ≤ absolute + relative·|expected|. */
export interface Tolerance {
  readonly absolute?: number;
  readonly relative?: number;
  /** Overrides `absolute` element by element. */
  readonly absoluteAt?: (i: number) => number;
}

/** One rounding to float32 and one more for a factor that was itself rounded. */
export const TWO_ROUNDINGS: Tolerance = { relative: 2.4e-7 };

/** Bytes before and after every operand that no operation may touch; not a multiple of a SIMD vector. */
const GUARD_BYTES = 20;
const GUARD = 0x5a;

/** `count` reproducible normal numbers. */
export function normal(count: number, seed: number, mean = 0, deviation = 1): Float32Array {
  const numbers = new Float32Array(count);
  fillNormal(numbers, { seed, stream: 77, iteration: 0 }, mean, deviation);
  return numbers;
}

/** `count` reproducible labels below `classes`, unevenly distributed; a sixth of them unknown. */
export function someLabels(count: number, classes: number, seed: number): Uint8Array {
  return Uint8Array.from(
    normal(count, seed),
    (x) => x > 1 ? UNKNOWN_LABEL : Math.min(classes - 1, Math.floor(x * x * classes / 3)),
  );
}

/** See the file's comment. Disposing it checks that the engine under test holds what it held before. */
export class Twin {
  readonly reference: Backend = new ReferenceBackend();
  readonly #spans: [tested: Span, reference: Span][] = [];
  readonly #operands: Operand[] = [];
  readonly #heldBefore: string;

  constructor(readonly tested: Backend) {
    this.#heldBefore = held(tested);
  }

  /** Uploads `content` to both engines, between guards. */
  operand(content: Float32Array | Uint8Array): Operand {
    const padded = new Uint8Array(content.byteLength + 2 * GUARD_BYTES).fill(GUARD);
    padded.set(new Uint8Array(content.buffer, content.byteOffset, content.byteLength), GUARD_BYTES);
    const spans = [this.tested, this.reference].map((engine) => {
      const buffer = engine.allocate(padded.byteLength, "suite operand");
      engine.upload(padded, { buffer, byteOffset: 0 });
      return { buffer, byteOffset: GUARD_BYTES };
    });
    this.#spans.push([spans[0], spans[1]]);
    const operand = { index: this.#operands.length, content };
    this.#operands.push(operand);
    return operand;
  }

  /** An output of `count` float32 that holds NaN before the operation. */
  output(count: number): Operand {
    return this.operand(new Float32Array(count).fill(NaN));
  }

  /** Does the same on both engines. `at` gives an operand's span, `offset` elements into it. */
  run(operation: (engine: Backend, at: (operand: Operand, offset?: number) => Span) => void): void {
    for (const [side, engine] of [this.tested, this.reference].entries()) {
      operation(engine, ({ index, content }, offset = 0) => {
        const { buffer, byteOffset } = this.#spans[index][side];
        return { buffer, byteOffset: byteOffset + offset * content.BYTES_PER_ELEMENT };
      });
    }
  }

  /** Calls an operation on both engines. */
  call<Name extends OperationName>(
    name: Name,
    shape: ShapeOf<Name>,
    operands: OperandsOf<Name, Record<Dtype, Operand>>,
  ): void {
    this.run((engine, at) => {
      const spans = Object.entries<Operand | null>(operands).map(([key, operand]) => [key, operand && at(operand)]);
      (engine[name] as (shape: unknown, operands: unknown) => void)(shape, Object.fromEntries(spans));
    });
  }

  /** What the engine under test (0) or the reference (1) holds in `operand`. @throws if a guard was overwritten. */
  read({ index, content }: Operand, side: 0 | 1 = 0): Float32Array | Uint8Array {
    const engine = side === 0 ? this.tested : this.reference;
    const padded = new Uint8Array(content.byteLength + 2 * GUARD_BYTES);
    engine.download({ buffer: this.#spans[index][side].buffer, byteOffset: 0 }, padded);
    const end = padded.length - GUARD_BYTES;
    const intact = padded.every((byte, i) => (i >= GUARD_BYTES && i < end) || byte === GUARD);
    assert(intact, `${engine.name} wrote outside operand ${index}`);
    const bytes = padded.slice(GUARD_BYTES, end);
    return content instanceof Uint8Array ? bytes : new Float32Array(bytes.buffer);
  }

  /** Asserts that both engines hold the same in `operand`. */
  assertClose(operand: Operand, tolerance: Tolerance, what = "result"): void {
    const { absolute = 0, relative = 0, absoluteAt = () => absolute } = tolerance;
    const actual = this.read(operand, 0), expected = this.read(operand, 1);
    let worst = -1, worstExcess = 0;
    for (let i = 0; i < expected.length; i++) {
      if (Object.is(actual[i], expected[i])) continue;
      const excess = Math.abs(actual[i] - expected[i]) / (absoluteAt(i) + relative * Math.abs(expected[i]));
      if (!(excess <= 1) && !(excess <= worstExcess)) [worst, worstExcess] = [i, excess];
    }
    if (worst < 0) return;
    throw new Error(
      `${what}[${worst}] of ${expected.length}: ${this.tested.name} gives ${actual[worst]}, the reference ` +
        `${expected[worst]} (${worstExcess.toPrecision(3)} times the tolerance)`,
    );
  }

  /** Asserts that nobody wrote into `operand`. */
  assertUntouched(operand: Operand): void {
    const { content } = operand, actual = this.read(operand);
    assert(content.every((value, i) => Object.is(value, actual[i])), `input ${operand.index} was overwritten`);
  }

  [Symbol.dispose](): void {
    for (const [tested, reference] of this.#spans) {
      this.tested.release(tested.buffer);
      this.reference.release(reference.buffer);
    }
    this.reference[Symbol.dispose]();
    assertEquals(held(this.tested), this.#heldBefore, "bytes held after the test");
  }
}

/** What an engine holds by tag, but for workspaces and threads' memory, which may grow and stay. */
function held(engine: Backend): string {
  return engine.memory.byTag().filter(([tag, use]) => use.liveBytes > 0 && !/workspace|thread|staging/.test(tag))
    .map(([tag, use]) => `${tag}: ${use.liveBytes}`).sort().join(", ");
}

/** A span at the start of `buffer`. */
export function startOf(buffer: DeviceBuffer): Span {
  return { buffer, byteOffset: 0 };
}

/** Floats between two numbers: 0 if they are equal, 1 if they are neighbours. */
export function ulpsBetween(a: number, b: number): number {
  const order = (x: number) => {
    const bits = new Int32Array(Float32Array.of(x).buffer)[0];
    return bits < 0 ? -(bits & 0x7fffffff) : bits;
  };
  return Math.abs(order(a) - order(b));
}
