/** What differs between AVX-512 and AVX2, so that kernels are described once. A panel of B is two vectors wide. */
import type { TileSize } from "../multiply/tile_size.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import {
  type Assembler,
  Broadcast,
  indexed,
  Label,
  type Memory,
  RAX,
  type Register,
  VectorRegister,
} from "./assembler/mod.ts";

/** Name of a set of vector instructions. */
export type VectorSetName = "AVX-512" | "AVX2";

/** Sizes of a set, and the few operations that are written differently. */
export interface VectorSet {
  readonly name: VectorSetName;
  readonly bytes: 64 | 32;
  /** float32 numbers in a vector. */
  readonly lanes: number;
  /** Vector registers. */
  readonly registers: number;
  /** Rows of a tile that is one vector wide; two vectors: `tile.rows`. */
  readonly narrowRows: number;
  readonly tile: TileSize;
  /** Data that {@link setMask} reads; once in the code. */
  writeTables(a: Assembler): Label;
  /** Selects the first `count` lanes for masked operations, which may use up the register `spare`. Uses rax, `count`. */
  setMask(a: Assembler, tables: Label, count: Register, spare: VectorRegister): void;
  /** Loads the selected lanes. */
  loadMasked(a: Assembler, target: VectorRegister, source: Memory, spare: VectorRegister): void;
  /** Lanes that are not selected become 0. */
  keepMasked(a: Assembler, target: VectorRegister, spare: VectorRegister): void;
  /** Stores the selected lanes. */
  storeMasked(a: Assembler, target: Memory, source: VectorRegister, spare: VectorRegister): void;
  /** Steps after which {@link swapLanes} and a sum or maximum each time have joined all lanes. */
  readonly swapSteps: number;
  /** Exchanges halves (step 0), then halves of those, and so on. */
  swapLanes(a: Assembler, step: number, target: VectorRegister, source: VectorRegister): void;
  /** sum += word in memory · vector of words, with a register to spare. */
  addProductOfWord(
    a: Assembler,
    format: WordFormat,
    sum: VectorRegister,
    word: Memory,
    vector: VectorRegister,
    spare: VectorRegister,
  ): void;
}

const MASK = { mask: 1 };
/** Exchange of the halves of four, and of neighbours. */
const QUAD_SWAPS = [[2, 3, 0, 1], [1, 0, 3, 2]] as const;

/** 512-bit vectors: tiles of 14×32, or 24×16 for few columns. */
const AVX512: VectorSet = {
  name: "AVX-512",
  bytes: 64,
  lanes: 16,
  registers: 32,
  narrowRows: 24,
  tile: {
    rows: 14,
    columns: 32,
    packedBytes: 640 * 1024,
    productDepth: 256,
    groupPositions: 320,
    taskRows: 144,
    tasks: 64,
    taskMultiplyAdds: 800_000,
  },
  writeTables: (a) => a.here(),
  setMask(a, _tables, count) {
    a.mov(RAX, -1);
    a.bzhi(RAX, RAX, count);
    a.kmovw(MASK.mask, RAX);
  },
  loadMasked: (a, target, source) => a.vmovups(target, source, MASK),
  keepMasked: (a, target) => a.vmovups(target, target, MASK),
  storeMasked: (a, target, source) => a.vstoreups(target, source, MASK),
  swapSteps: 4,
  swapLanes(a, step, target, source) {
    if (step < 2) a.vshuff32x4(target, source, source, QUAD_SWAPS[step]);
    else a.vshufps(target, source, source, QUAD_SWAPS[step - 2]);
  },
  addProductOfWord: (a, format, sum, word, vector) => addProduct(a, format, sum, vector, new Broadcast(word)),
};

/** 256-bit vectors: tiles of 6×16, or 12×8 for few columns. */
const AVX2: VectorSet = {
  name: "AVX2",
  bytes: 32,
  lanes: 8,
  registers: 16,
  narrowRows: 12,
  tile: {
    rows: 6,
    columns: 16,
    packedBytes: 512 * 1024,
    productDepth: 256,
    groupPositions: 160,
    taskRows: 144,
    tasks: 64,
    taskMultiplyAdds: 500_000,
  },
  writeTables(a) {
    const label = a.here();
    a.words([...Array(8).fill(-1), ...Array(8).fill(0)]);
    return label;
  },
  setMask(a, tables, count, spare) {
    a.lea(RAX, tables);
    a.neg(count);
    a.vmovups(spare, indexed(RAX, count, 4, 32));
  },
  loadMasked: (a, target, source, spare) => a.vmaskload(target, spare, source),
  keepMasked: (a, target, spare) => a.vandps(target, target, spare),
  storeMasked: (a, target, source, spare) => a.vmaskstore(target, spare, source),
  swapSteps: 3,
  swapLanes(a, step, target, source) {
    if (step === 0) a.vswapHalves(target, source);
    else a.vshufps(target, source, source, QUAD_SWAPS[step - 1]);
  },
  addProductOfWord(a, format, sum, word, vector, spare) {
    a.vbroadcastss(spare, word);
    addProduct(a, format, sum, vector, spare);
  },
};

/** Both sets by name. */
export const VECTOR_SETS: Readonly<Record<VectorSetName, VectorSet>> = { "AVX-512": AVX512, AVX2 };

/** Register number `index` of a set. */
export function vector({ bytes }: VectorSet, index: number): VectorRegister {
  return new VectorRegister(index, bytes);
}

/** sum += first · second in every lane: one product of float32, or two of bfloat16. */
export function addProduct(
  a: Assembler,
  format: WordFormat,
  sum: VectorRegister,
  first: VectorRegister,
  second: VectorRegister | Broadcast,
): void {
  if (format === "float32") a.vfmadd231ps(sum, first, second);
  else a.vdpbf16ps(sum, first, second);
}
