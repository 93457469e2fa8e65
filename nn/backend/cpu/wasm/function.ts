/** Builds one WebAssembly function: locals, stores and structured control flow around {@link Value} recipes. */
import { ByteWriter } from "./bytes.ts";
import { F32, F64 } from "./float.ts";
import { F32x4, F64x2 } from "./float_vector.ts";
import { I32, I64 } from "./integer.ts";
import { ATOMIC, type MachineType, MISC, type Recipe, SIMD, TYPE_CODE, type Value } from "./value.ts";
import { I32x4, I64x2 } from "./integer_vector.ts";

/** A value kept in a register (or on the stack); `set` assigns it at this point of the function. */
export type Local<T extends Value> = T & { set(value: T | number): void };

/** A class of values, as the type of a local or a parameter. */
export interface ValueClass<T extends Value> {
  new (write: Recipe): T;
}

const EMPTY_BLOCK = 0x40;

/** A function that may be called; see {@link ModuleBuilder}. */
export interface Callable {
  readonly index: number;
}

/** The body of a function while it is being written. Statements take effect in the order of the calls. */
export class FunctionBuilder {
  readonly #code = new ByteWriter();
  readonly #locals: MachineType[] = [];
  #parameters = 0;

  /** Declares the next parameter. Parameters come before every local. */
  parameter<T extends Value>(type: ValueClass<T>): Local<T> {
    this.#parameters++;
    return this.#variable(type);
  }

  /** A new local of the given class, zero until set. */
  local<T extends Value>(type: ValueClass<T>, initial?: T): Local<T> {
    const local = this.#variable(type);
    if (initial) this.#assign(this.#locals.length - 1, initial);
    return local;
  }
  i32(initial: I32 | number): Local<I32> {
    return this.local(I32, I32.of(initial));
  }
  i64(initial: I64 | bigint): Local<I64> {
    return this.local(I64, I64.of(initial));
  }
  f32(initial: F32 | number): Local<F32> {
    return this.local(F32, F32.of(initial));
  }
  f64(initial: F64 | number): Local<F64> {
    return this.local(F64, F64.of(initial));
  }
  f32x4(initial: F32x4 | number): Local<F32x4> {
    return this.local(F32x4, F32x4.of(initial));
  }
  i32x4(initial: I32x4 | number): Local<I32x4> {
    return this.local(I32x4, I32x4.of(initial));
  }
  i64x2(initial: I64x2): Local<I64x2> {
    return this.local(I64x2, initial);
  }
  f64x2(initial: F64x2 | number): Local<F64x2> {
    return this.local(F64x2, F64x2.of(initial));
  }

  /** memory[address + offset] = value, with the width of the value's type. */
  store(address: I32, value: Value, offset = 0): void {
    address.write(this.#code);
    value.write(this.#code);
    const [alignment, prefix, opcode] = value.storing;
    this.#code.byte(prefix);
    if (opcode !== undefined) this.#code.unsigned(opcode);
    this.#code.unsigned(alignment).unsigned(offset);
  }
  /** The low 8 bits of `value` as one byte. */
  storeByte(address: I32, value: I32, offset = 0): void {
    address.write(this.#code);
    value.write(this.#code);
    this.#code.byte(0x3a, 0).unsigned(offset);
  }
  /** One lane (32 bits) of `value`. */
  storeLane(address: I32, value: F32x4 | I32x4, lane: number, offset = 0): void {
    address.write(this.#code);
    value.write(this.#code);
    this.#code.byte(SIMD).unsigned(0x5a).unsigned(2).unsigned(offset).byte(lane);
  }
  /** Copies bytes; the ranges may overlap. */
  copyBytes(target: I32, source: I32, count: I32): void {
    for (const operand of [target, source, count]) operand.write(this.#code);
    this.#code.byte(MISC).unsigned(0x0a).byte(0, 0);
  }
  /** Sets `count` bytes to `value`. */
  fillBytes(target: I32, value: I32 | number, count: I32): void {
    for (const operand of [target, I32.of(value), count]) operand.write(this.#code);
    this.#code.byte(MISC).unsigned(0x0b).byte(0);
  }

  /** Runs `then` if the condition is not 0, else `otherwise`. */
  if(condition: I32, then: () => void, otherwise?: () => void): void {
    condition.write(this.#code);
    this.#code.byte(0x04, EMPTY_BLOCK);
    then();
    if (otherwise) {
      this.#code.byte(0x05);
      otherwise();
    }
    this.#code.byte(0x0b);
  }
  /** Repeats `body` as long as the condition, evaluated before each time, is not 0. */
  while(condition: I32, body: () => void): void {
    this.if(condition, () => this.doWhile(body, condition));
  }
  /** Runs `body` once, then again as long as the condition is not 0. */
  doWhile(body: () => void, condition: I32): void {
    this.#code.byte(0x03, EMPTY_BLOCK);
    body();
    condition.write(this.#code);
    this.#code.byte(0x0d, 0, 0x0b);
  }
  /** Counts a new local from `start` in steps while start + step ≤ end, i.e. over whole steps only. Returns the local. */
  steps(start: I32 | number, end: I32 | number, step: number, body: (index: Local<I32>) => void): Local<I32> {
    const index = this.i32(start);
    this.while(index.add(step).le(end), () => {
      body(index);
      index.set(index.add(step));
    });
    return index;
  }
  /** Counts a new local from `start` to `end` − 1. */
  range(start: I32 | number, end: I32 | number, body: (index: Local<I32>) => void): void {
    this.steps(start, end, 1, body);
  }
  /** Repeats `body` until `leave()` is called in it (the rest of the body is skipped then). */
  forever(body: (leave: (condition: I32) => void) => void): void {
    // `leave` must be called outside nested structures: it branches out of exactly two blocks.
    this.#code.byte(0x02, EMPTY_BLOCK, 0x03, EMPTY_BLOCK);
    body((condition) => {
      condition.write(this.#code);
      this.#code.byte(0x0d, 1);
    });
    this.#code.byte(0x0c, 0, 0x0b, 0x0b);
  }
  /** Calls a function without result. */
  call(callee: Callable, ...operands: Value[]): void {
    for (const operand of operands) operand.write(this.#code);
    this.#code.byte(0x10).unsigned(callee.index);
  }
  /** Calls the function at `slot` of the table, of the type with the given index and without result. */
  callSlot(typeIndex: number, slot: I32, ...operands: Value[]): void {
    for (const operand of operands) operand.write(this.#code);
    slot.write(this.#code);
    this.#code.byte(0x11).unsigned(typeIndex).byte(0);
  }

  /** memory[address] = value, sequentially consistent. */
  atomicStore(address: I32, value: I32 | number): void {
    this.#atomic(0x17, address, I32.of(value)).write(this.#code);
  }
  /** memory[address] += value; the value before. */
  atomicAdd(address: I32, value: I32 | number): Local<I32> {
    return this.i32(this.#atomic(0x1e, address, I32.of(value)));
  }
  /** Sleeps while memory[address] = expected, until notified or for `nanoseconds` (−1: without end). */
  atomicWait(address: I32, expected: I32, nanoseconds: bigint): void {
    this.i32(this.#atomic(0x01, address, expected, I64.of(nanoseconds)));
  }
  /** Wakes up to `count` sleepers at `address`. */
  atomicNotify(address: I32, count: I32 | number): void {
    this.i32(this.#atomic(0x00, address, I32.of(count)));
  }
  /** A full fence; also a pause of some nanoseconds in loops that wait. */
  fence(): void {
    this.#code.byte(ATOMIC, 0x03, 0x00);
  }

  /** Types of the parameters and the finished body in binary form. */
  finish(): { parameters: readonly MachineType[]; body: Uint8Array } {
    const locals = this.#locals.slice(this.#parameters);
    const body = new ByteWriter().unsigned(locals.length);
    for (const type of locals) body.unsigned(1).byte(TYPE_CODE[type]);
    body.append(this.#code.bytes).byte(0x0b);
    return { parameters: this.#locals.slice(0, this.#parameters), body: body.bytes };
  }

  #atomic(opcode: number, ...operands: Value[]): I32 {
    return new I32((code) => {
      for (const operand of operands) operand.write(code);
      code.byte(ATOMIC).unsigned(opcode).unsigned(2).unsigned(0);
    });
  }
  #assign(index: number, value: Value): void {
    value.write(this.#code);
    this.#code.byte(0x21).unsigned(index);
  }
  #variable<T extends Value>(type: ValueClass<T>): Local<T> {
    const index = this.#locals.length;
    const value = new type((code) => code.byte(0x20).unsigned(index));
    this.#locals.push(value.machine);
    const of = (type as unknown as { of?: (value: T | number) => T }).of;
    const set = (assigned: T | number) => {
      if (typeof assigned !== "number") this.#assign(index, assigned);
      else if (of) this.#assign(index, of(assigned));
      else throw new TypeError(`a local of ${type.name} cannot be set to a number`);
    };
    return Object.assign(value, { set });
  }
}
