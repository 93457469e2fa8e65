/** Multiplies one block of rows with one panel. */
import { indexed, Label, R10, R9, RAX, RBX, RCX, RDI, RDX, RSI } from "./assembler/mod.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { type TileForm, writeTile } from "./tile.ts";

/**
 * The subroutine that multiplies what the frame names: `rows` rows from `a` with the panel at `b` into `c`, over
 * `segments` … `segmentsEnd`. Rows are cut into tiles of nearly equal height. Changes `a`, `c`, `rows`, all registers.
 */
export function multiplyBlock(k: CodeBuilder, form: TileForm): Label {
  return k.shared(`block ${form.kind} ${form.format}`, () => {
    k.mov(RCX, frame.columns);
    k.cmp(RCX, k.vectors.lanes);
    k.when("lessOrEqual", () => walkRows(k, form, 1), () => walkRows(k, form, 2));
    k.ret();
  });
}

function walkRows(k: CodeBuilder, form: TileForm, vectors: 1 | 2): void {
  const most = vectors === 1 ? k.vectors.narrowRows : k.vectors.tile.rows;
  const table = k.shared(
    `tiles ${form.kind} ${form.format} ${vectors}`,
    () => writeTileTable(k, form, vectors, most),
  );
  /** rax = (rax − 1) / divisor, rounded up. */
  const divideUp = (divisor: number | typeof frame.tiles) => {
    k.xor(RDX, RDX);
    k.mov(RCX, divisor);
    k.div(RCX);
  };
  k.mov(RAX, frame.rows);
  k.add(RAX, most - 1);
  divideUp(most);
  k.mov(frame.tiles, RAX);
  k.loop(() => {
    k.mov(RAX, frame.tiles);
    k.test(RAX, RAX);
    return "equal";
  }, () => {
    k.add(RAX, frame.rows);
    k.sub(RAX, 1);
    divideUp(frame.tiles);
    k.mov(RBX, RAX);
    k.mov(RDI, frame.a);
    k.mov(RSI, frame.b);
    k.mov(RDX, frame.c);
    k.lea(R9, table);
    k.movsxd(R10, indexed(R9, RBX, 4, -4));
    k.add(R10, R9);
    k.callTo(R10);
    k.sub(frame.rows, RBX);
    k.sub(frame.tiles, 1);
    k.mov(RAX, RBX);
    if (form.kind === "apart") k.imul(RAX, frame.strideA);
    else k.shift("shl", RAX, 2);
    k.add(frame.a, RAX);
    k.imul(RBX, frame.strideC);
    k.add(frame.c, RBX);
  });
}

/** Distances from the table's start to the tiles of 1, 2, … rows, which follow it. */
function writeTileTable(k: CodeBuilder, form: TileForm, vectors: 1 | 2, most: number): void {
  const table = new Label(), tiles = Array.from({ length: most }, () => new Label());
  k.place(table);
  k.offsets(tiles, table);
  tiles.forEach((label, index) => {
    k.align(64);
    k.place(label);
    writeTile(k, form, index + 1, vectors);
  });
}
