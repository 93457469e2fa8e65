/**
 * The innermost code: a tile of C, kept in registers over all segments and their depth. Called with rdi, rsi, rdx = the
 * tile's place in A, B and C, which it keeps; the rest is in the frame.
 *
 * Few sums would wait for each other: then steps of the depth take turns on several sums, which are added at the end.
 */
import type { TileKind } from "../multiply/tile.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import {
  at,
  indexed,
  Label,
  type Memory,
  R10,
  R11,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RCX,
  RDI,
  RDX,
  RSI,
  type VectorRegister,
} from "./assembler/mod.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { addProduct, vector } from "./vector_set.ts";

const UNROLL = 4;
/** Rows are addressed by pointers to every fifth, with the strides that an address can have. */
const ROWS_PER_POINTER = 5;
const ROW_POINTERS = [R9, R10, R11, R12, R13];
const STRIDE = R14, THREE_STRIDES = R15, B = RAX, LEFT = RCX, SEGMENT = R8;

/** What tiles there are, besides their sizes. */
export interface TileForm {
  /** How A lies. */
  readonly kind: TileKind;
  /** What words of A and B hold. */
  readonly format: WordFormat;
}

/** Shape of a tile, and its registers. */
interface Tile extends TileForm {
  readonly rows: number;
  /** Vectors in a row. */
  readonly vectors: 1 | 2;
  readonly phases: number;
  sum(phase: number, row: number, column: number): VectorRegister;
  /** Registers that hold no sum, from the last. */
  spare(index: number): VectorRegister;
}

function tileOf(k: CodeBuilder, form: TileForm, rows: number, vectors: 1 | 2): Tile {
  const sums = rows * vectors, most = k.vectors.registers - 4;
  const phases = sums * 4 <= most ? 4 : sums * 2 <= most ? 2 : 1;
  return {
    ...form,
    rows,
    vectors,
    phases,
    sum: (phase, row, column) => vector(k.vectors, (phase * rows + row) * vectors + column),
    spare: (index) => vector(k.vectors, k.vectors.registers - 1 - index),
  };
}

/** Writes the subroutine for a tile of `rows` rows and one or two vectors of columns. */
export function writeTile(k: CodeBuilder, form: TileForm, rows: number, vectors: 1 | 2): void {
  const tile = tileOf(k, form, rows, vectors);
  for (let i = 0; i < tile.phases * rows * vectors; i++) k.vzero(vector(k.vectors, i));
  k.mov(STRIDE, frame.strideA);
  if (form.kind === "adjacent") k.mov(R15, frame.strideB);
  else k.lea(THREE_STRIDES, indexed(STRIDE, STRIDE, 2));
  k.mov(SEGMENT, frame.segments);
  k.loop(() => {
    k.cmp(SEGMENT, frame.segmentsEnd);
    return "aboveOrEqual";
  }, () => {
    addSegment(k, tile);
    k.add(SEGMENT, 8);
  });
  for (let phase = 1; phase < tile.phases; phase++) {
    eachSum(
      tile,
      (row, column) => k.vaddps(tile.sum(0, row, column), tile.sum(0, row, column), tile.sum(phase, row, column)),
    );
  }
  storeTile(k, tile);
  k.ret();
}

function eachSum({ rows, vectors }: Tile, body: (row: number, column: number) => void): void {
  for (let row = 0; row < rows; row++) for (let column = 0; column < vectors; column++) body(row, column);
}

function addSegment(k: CodeBuilder, tile: Tile): void {
  const { kind, rows, vectors } = tile, pointers = ROW_POINTERS.slice(0, Math.ceil(rows / ROWS_PER_POINTER));
  const stepBytes = vectors * k.vectors.bytes, remainder = new Label(), end = new Label();
  k.movsxd(R9, at(SEGMENT));
  k.add(R9, RDI);
  k.movsxd(B, at(SEGMENT, 4));
  // Offsets in B are those of full panels; in a narrow packed one everything is half as wide.
  if (kind === "apart" && vectors === 1) k.shift("sar", B, 1);
  k.add(B, RSI);
  if (kind === "apart") {
    for (let i = 1; i < pointers.length; i++) {
      k.lea(pointers[i], indexed(pointers[i - 1], STRIDE, 4));
      k.add(pointers[i], STRIDE);
    }
  }
  const steps = (count: number) => {
    for (let step = 0; step < count; step++) {
      addStep(k, tile, step % tile.phases, kind === "apart" ? step : 0, kind === "apart" ? step * stepBytes : 0);
      if (kind === "adjacent") {
        k.add(R9, STRIDE);
        k.add(B, R15);
      }
    }
    if (kind === "adjacent") return;
    for (const pointer of pointers) k.add(pointer, count * 4);
    k.add(B, count * stepBytes);
  };
  k.mov(LEFT, frame.depth);
  k.sub(LEFT, UNROLL);
  k.jumpIf("less", remainder);
  k.align(32);
  const loop = k.here();
  steps(UNROLL);
  k.sub(LEFT, UNROLL);
  k.jumpIf("greaterOrEqual", loop);
  k.place(remainder);
  k.add(LEFT, UNROLL);
  k.jumpIf("equal", end);
  const single = k.here();
  steps(1);
  k.sub(LEFT, 1);
  k.jumpIf("notEqual", single);
  k.place(end);
}

/** One step of the depth, `step` words and `offsetB` bytes after where the pointers are. */
function addStep(k: CodeBuilder, tile: Tile, phase: number, step: number, offsetB: number): void {
  const { rows, vectors, format } = tile, columns = Array.from({ length: vectors }, (_, column) => tile.spare(column));
  columns.forEach((column, index) => k.vmovups(column, at(B, offsetB + index * k.vectors.bytes)));
  for (let row = 0; row < rows; row++) {
    const word = tile.kind === "apart" ? rowAddress(row, step * 4) : at(R9, row * 4);
    const spare = tile.spare(2 + row % 2);
    if (vectors === 1) {
      k.vectors.addProductOfWord(k, format, tile.sum(phase, row, 0), word, columns[0], spare);
      continue;
    }
    k.vbroadcastss(spare, word);
    columns.forEach((column, index) => addProduct(k, format, tile.sum(phase, row, index), spare, column));
  }
}

function rowAddress(row: number, offset: number): Memory {
  const pointer = ROW_POINTERS[Math.floor(row / ROWS_PER_POINTER)];
  return [
    at(pointer, offset),
    indexed(pointer, STRIDE, 1, offset),
    indexed(pointer, STRIDE, 2, offset),
    indexed(pointer, THREE_STRIDES, 1, offset),
    indexed(pointer, STRIDE, 4, offset),
  ][row % ROWS_PER_POINTER];
}

/** Stores the sums, or adds them to C; of the last vector only the columns that exist. */
function storeTile(k: CodeBuilder, tile: Tile): void {
  const { vectors } = tile, { bytes, lanes } = k.vectors, old = tile.spare(0), mask = tile.spare(1);
  /** `partly`: the last vector is masked. */
  const store = (accumulate: boolean, partly: boolean) => {
    eachSum(tile, (row, column) => {
      const place = at(R9, column * bytes), sum = tile.sum(0, row, column), masked = partly && column === vectors - 1;
      if (accumulate && masked) {
        k.vectors.loadMasked(k, old, place, mask);
        k.vaddps(sum, sum, old);
      } else if (accumulate) k.vaddps(sum, sum, place);
      if (masked) k.vectors.storeMasked(k, place, sum, mask);
      else k.vstoreups(place, sum);
      if (column === vectors - 1) k.add(R9, R14);
    });
  };
  const storeOrAdd = (partly: boolean) => {
    k.mov(RAX, frame.accumulate);
    k.test(RAX, RAX);
    k.when("equal", () => store(false, partly), () => store(true, partly));
  };
  k.mov(R9, RDX);
  k.mov(R14, frame.strideC);
  k.mov(RCX, frame.columns);
  k.cmp(RCX, vectors * lanes);
  k.when("less", () => {
    if (vectors === 2) k.sub(RCX, lanes);
    k.vectors.setMask(k, k.tables, RCX, mask);
    storeOrAdd(true);
  }, () => storeOrAdd(false));
}
