/** The integer instructions of x86-64 that the kernels use. Operands are 64 bits wide unless a name says otherwise. */
import { ByteWriter } from "../../wasm/bytes.ts";
import { type Fixup, memoryOperand, registerOperand, signed32 } from "./address.ts";
import { CONDITION, type Condition, Label, Memory, RAX, RCX, Register } from "./operands.ts";

/** Codes of the two-operand operations: operation·8 + form. */
const OPERATION = { add: 0, or: 1, and: 4, sub: 5, xor: 6, cmp: 7 } as const;
const SHIFT = { shl: 4, shr: 5, sar: 7 } as const;

/** Collects code. Jumps and addresses of labels are 32 bits and filled in by {@link finish}. */
export class IntegerAssembler {
  protected readonly out: ByteWriter = new ByteWriter();
  protected readonly fixups: Fixup[] = [];
  readonly #distances: { readonly label: Label; readonly origin: Label; readonly field: number }[] = [];

  /** Bytes so far. */
  get length(): number {
    return this.out.length;
  }

  /** The code, position-independent. @throws {Error} if a label was used and never placed */
  finish(): Uint8Array<ArrayBuffer> {
    const code = this.out.bytes.slice(), view = new DataView(code.buffer);
    for (const { label, field } of this.fixups) {
      if (label.offset === null) throw new Error(`the label used at ${field} was never placed`);
      view.setInt32(field, label.offset - field - 4, true);
    }
    for (const { label, origin, field } of this.#distances) {
      if (label.offset === null || origin.offset === null) throw new Error("a label in a table was never placed");
      view.setInt32(field, label.offset - origin.offset, true);
    }
    return code;
  }

  /** The label stands here from now on. */
  place(label: Label): void {
    if (label.offset !== null) throw new Error(`the label at ${label.offset} was placed again`);
    label.offset = this.length;
  }

  /** A label that stands here. */
  here(): Label {
    const label = new Label();
    this.place(label);
    return label;
  }

  /** Pads to a multiple of `bytes` with instructions that do nothing. */
  align(bytes: number): void {
    while (this.length % bytes !== 0) this.out.byte(0x90);
  }

  /** Data between the code: 32-bit words. */
  words(values: Iterable<number>): void {
    for (const value of values) signed32(this.out, value);
  }

  /** Data between the code: distances of labels from `origin`. 32-bit words. */
  offsets(labels: readonly Label[], origin: Label): void {
    for (const label of labels) {
      this.#distances.push({ label, origin, field: this.length });
      signed32(this.out, 0);
    }
  }

  mov(target: Register | Memory, source: Register | Memory | number): void {
    if (typeof source === "number") {
      this.#integer([0xc7], 0, target);
      signed32(this.out, source);
    } else if (target instanceof Memory) this.#integer([0x89], source as Register, target);
    else this.#integer([0x8b], target, source);
  }

  /** target = 32 bits from memory, zero-extended. */
  mov32(target: Register, source: Memory): void {
    this.#integer([0x8b], target, source, 0);
  }

  /** target = a byte from memory, zero-extended. */
  load8(target: Register, source: Memory): void {
    this.#integer([0x0f, 0xb6], target, source);
  }

  /** Stores the lowest 32 bits. */
  store32(target: Memory, source: Register): void {
    this.#integer([0x89], source, target, 0);
  }

  /** target = 32 bits from memory, sign-extended. */
  movsxd(target: Register, source: Memory): void {
    this.#integer([0x63], target, source);
  }

  /** target = the address itself. */
  lea(target: Register, place: Memory | Label): void {
    this.#integer([0x8d], target, place);
  }

  add(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("add", target, source);
  }

  sub(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("sub", target, source);
  }

  and(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("and", target, source);
  }

  or(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("or", target, source);
  }

  xor(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("xor", target, source);
  }

  cmp(target: Register | Memory, source: Register | Memory | number): void {
    this.#operation("cmp", target, source);
  }

  /** target ·= source, or target = source·factor. */
  imul(target: Register, source: Register | Memory, factor?: number): void {
    this.#integer(factor === undefined ? [0x0f, 0xaf] : [0x69], target, source);
    if (factor !== undefined) signed32(this.out, factor);
  }

  /** rax, rdx = quotient, remainder of rdx:rax by the divisor, unsigned. */
  div(divisor: Register | Memory): void {
    this.#integer([0xf7], 6, divisor);
  }

  neg(target: Register): void {
    this.#integer([0xf7], 3, target);
  }

  /** `operation`: left, right filling with zeros, right filling with the sign. */
  shift(operation: keyof typeof SHIFT, target: Register, bits: number): void {
    this.#integer([0xc1], SHIFT[operation], target);
    this.out.byte(bits);
  }

  /** target = source where the condition holds. */
  cmov(condition: Condition, target: Register, source: Register | Memory): void {
    this.#integer([0x0f, 0x40 | CONDITION[condition]], target, source);
  }

  /** Sets flags by target & source. */
  test(target: Register, source: Register): void {
    this.#integer([0x85], source, target);
  }

  /** target += source as one indivisible step on 32 bits; source = the target before. */
  lockXadd32(target: Memory, source: Register): void {
    this.out.byte(0xf0);
    this.#integer([0x0f, 0xc1], source, target, 0);
  }

  jump(label: Label): void {
    this.out.byte(0xe9);
    this.#distance(label);
  }

  jumpIf(condition: Condition, label: Label): void {
    this.out.byte(0x0f, 0x80 | CONDITION[condition]);
    this.#distance(label);
  }

  /** Jumps to an address. */
  jumpTo(address: Register): void {
    this.#integer([0xff], 4, address, 0);
  }

  call(label: Label): void {
    this.out.byte(0xe8);
    this.#distance(label);
  }

  /** Calls an address. */
  callTo(address: Register): void {
    this.#integer([0xff], 2, address, 0);
  }

  ret(): void {
    this.out.byte(0xc3);
  }

  push(register: Register): void {
    if (register.index > 7) this.out.byte(0x41);
    this.out.byte(0x50 | register.index & 7);
  }

  pop(register: Register): void {
    if (register.index > 7) this.out.byte(0x41);
    this.out.byte(0x58 | register.index & 7);
  }

  /** eax, ebx, ecx, edx = what the processor says for leaf eax, subleaf ecx. */
  cpuid(): void {
    this.out.byte(0x0f, 0xa2);
  }

  /** edx:eax = extended control register ecx. */
  xgetbv(): void {
    this.out.byte(0x0f, 0x01, 0xd0);
  }

  /** Copies rcx bytes from [rsi] to [rdi]; moves all three. */
  repMovsb(): void {
    this.out.byte(0xf3, 0xa4);
  }

  #distance(label: Label): void {
    this.fixups.push({ label, field: this.length });
    signed32(this.out, 0);
  }

  #operation(name: keyof typeof OPERATION, target: Register | Memory, source: Register | Memory | number): void {
    const code = OPERATION[name] * 8;
    if (typeof source === "number") {
      const short = source >= -128 && source < 128;
      this.#integer([short ? 0x83 : 0x81], OPERATION[name], target);
      if (short) this.out.byte(source & 0xff);
      else signed32(this.out, source);
    } else if (target instanceof Memory) this.#integer([code | 1], source as Register, target);
    else this.#integer([code | 3], target, source);
  }

  /** REX, opcode and operands. `wide`: 1 for 64 bits. */
  #integer(opcode: number[], field: Register | number, operand: Register | Memory | Label, wide: 0 | 1 = 1): void {
    const first = field instanceof Register ? field.index : field;
    const low = operand instanceof Register ? operand : operand instanceof Memory ? operand.base : RAX;
    const index = operand instanceof Memory ? operand.index ?? RCX : RCX;
    const rex = 0x40 | wide << 3 | first >> 3 << 2 | index.index >> 3 << 1 | low.index >> 3;
    if (rex !== 0x40) this.out.byte(rex);
    this.out.byte(...opcode);
    if (operand instanceof Register) registerOperand(this.out, first, operand.index);
    else memoryOperand(this.out, first, operand, this.fixups);
  }
}
