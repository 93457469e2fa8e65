/** How instructions are written: REX for integers, VEX for vectors of AVX2/FMA, EVEX for AVX-512. */
import type { Code } from "./code.ts";
import { type Label, Memory, RAX, RCX, Register, VectorRegister } from "./operands.ts";

/** Appends an instruction on integers: REX, opcode and operands. `wide`: 1 for 64 bits. */
export function writeInteger(
  code: Code,
  opcode: number[],
  field: Register | number,
  operand: Register | Memory | Label,
  wide: 0 | 1 = 1,
): void {
  const first = field instanceof Register ? field.index : field;
  const low = operand instanceof Register ? operand : operand instanceof Memory ? operand.base : RAX;
  const index = operand instanceof Memory ? operand.index ?? RCX : RCX;
  const rex = 0x40 | wide << 3 | first >> 3 << 2 | index.index >> 3 << 1 | low.index >> 3;
  if (rex !== 0x40) code.byte(rex);
  code.byte(...opcode);
  if (operand instanceof Register) code.registerOperand(first, operand.index);
  else code.memoryOperand(first, operand);
}

/** How an instruction on vectors is encoded. */
export interface Form {
  /** Opcode map: 0F, 0F 38, 0F 3A. */
  readonly map: 1 | 2 | 3;
  /** Prefix: none, 66, F3, F2. */
  readonly prefix: 0 | 1 | 2 | 3;
  /** EVEX.W; VEX ignores it here. */
  readonly wide?: 1;
  readonly opcode: number;
  /** Whether a memory operand is a single number, not a vector. */
  readonly scalar?: true;
  /** Whether there is no VEX encoding. */
  readonly evex?: true;
}

/** AVX-512's extras: lanes whose bit in the mask register (1–7) is 0 are left alone, or set to zero in registers. */
export interface Masking {
  readonly mask: number;
}

/** One number in memory that stands for a vector of copies (AVX-512). */
export class Broadcast {
  constructor(readonly memory: Memory) {}
}

/** The last operand of most instructions. */
export type Source = VectorRegister | Memory | Label | Broadcast;

/** What an instruction may have besides its operands. */
export interface Extras {
  /** AVX-512's mask register, 1 to 7. */
  readonly mask?: number;
  /** Whether lanes outside the mask become zero. */
  readonly zeroing?: boolean;
  readonly immediate?: number;
}

/** Appends an instruction on vectors; VEX where that can name its operands. `immediate`: a byte after them. */
export function writeVector(
  code: Code,
  form: Form,
  target: VectorRegister,
  first: VectorRegister | null,
  source: Source,
  { mask = 0, zeroing = false, immediate }: Extras = {},
): void {
  const { map, prefix, opcode, scalar } = form, { bytes } = target;
  const operand = source instanceof Broadcast ? source.memory : source;
  const [low, high] = operand instanceof VectorRegister
    ? [operand.index, operand.index >> 1]
    : operand instanceof Memory
    ? [operand.base.index, operand.index?.index ?? 0]
    : [0, 0];
  const broadcast = source instanceof Broadcast;
  const evex = form.evex || broadcast || mask > 0 || needsEvex(target) || (first !== null && needsEvex(first)) ||
    (source instanceof VectorRegister && needsEvex(source));
  const second = first?.index ?? 0;
  if (evex) {
    const bit = (value: number, place: number) => (value >> place & 1) ^ 1;
    code.byte(
      0x62,
      bit(target.index, 3) << 7 | bit(high, 3) << 6 | bit(low, 3) << 5 | bit(target.index, 4) << 4 | map,
      (form.wide ?? 0) << 7 | (~second & 15) << 3 | 4 | prefix,
      Number(zeroing) << 7 | Math.log2(bytes / 16) << 5 | Number(broadcast) << 4 | bit(second, 4) << 3 | mask,
    );
  } else writeVex(code, map, prefix, 0, Math.log2(bytes / 16), target.index, ~second & 15, low >> 3, high >> 3);
  code.byte(opcode);
  if (operand instanceof VectorRegister) code.registerOperand(target.index, operand.index);
  else code.memoryOperand(target.index, operand, evex ? (scalar || broadcast ? 4 : bytes) : 1);
  if (immediate !== undefined) code.byte(immediate);
}

/** Appends a VEX prefix of three bytes. */
export function writeVex(
  code: Code,
  map: number,
  prefix: number,
  wide: number,
  length: number,
  field: number,
  inverted: number,
  low: number,
  high: number,
): void {
  const bit = (value: number) => (value & 1) ^ 1;
  code.byte(0xc4, bit(field >> 3) << 7 | bit(high) << 6 | bit(low) << 5 | map);
  code.byte(wide << 7 | inverted << 3 | length << 2 | prefix);
}

/** Whether only EVEX can name the register. */
export function needsEvex({ index, bytes }: VectorRegister): boolean {
  return bytes === 64 || index > 15;
}
