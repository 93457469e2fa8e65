/** Carries out a {@link MultiplyPlan}. */
import { type Engine } from "../engine.ts";
import { defineKernel, type Kernel } from "../threads/kernel.ts";
import { type Callable, I32, load, type Local, type ModuleBuilder } from "../wasm/mod.ts";
import { type LoadedPlan, MULTIPLY_PARAMETERS, multiplyArguments, readsRowsApart, WORD } from "./loaded_plan.ts";
import { BLOCK, BLOCK_WORDS, TASK, TASK_WORDS } from "./multiply_plan.ts";
import { tileFunction, type TileKind } from "./tile.ts";
import { TILE } from "./tile_size.ts";

const PANEL_BYTES = TILE.columns * 4;

/**
 * A function that multiplies one block of rows with one panel: `(a, b, c, segments, segmentsEnd, depth, strideA,
 * strideB, strideC, columns, accumulate, rows)`. Rows are cut into tiles of nearly equal height.
 */
export function blockFunction(module: ModuleBuilder, kind: TileKind): Callable {
  return module.shared(`block ${kind}`, (f) => {
    const [a, b, c, segments, segmentsEnd, depth, strideA, strideB, strideC, columns, accumulate, rows] = Array.from(
      { length: 12 },
      () => f.parameter(I32),
    );
    const tiles = f.i32(rows.add(TILE.rows - 1).div(TILE.rows));
    const height = f.i32(0);
    const rowStride = kind === "apart" ? strideA : I32.of(4);
    const tile = (count: number, width: 4 | 8) =>
      f.call(
        tileFunction(module, kind, count, width),
        ...[a, b, c, segments, segmentsEnd, depth, strideA, strideB, strideC, columns, accumulate],
      );
    const choose = (width: 4 | 8, count = 1): void =>
      count === TILE.rows
        ? tile(count, width)
        : f.if(height.eq(count), () => tile(count, width), () => choose(width, count + 1));
    f.while(tiles, () => {
      height.set(rows.add(tiles).sub(1).div(tiles));
      f.if(columns.gt(4), () => choose(8), () => choose(4));
      a.set(a.add(height.mul(rowStride)));
      c.set(c.add(height.mul(strideC)));
      rows.set(rows.sub(height));
      tiles.set(tiles.sub(1));
    });
  });
}

function multiplyKernel(kind: TileKind): Kernel<typeof MULTIPLY_PARAMETERS> {
  return defineKernel(`multiply ${kind}`, MULTIPLY_PARAMETERS, (k, p) => {
    const multiplyBlock = blockFunction(k.module, kind);
    const word = (record: Local<I32>, field: number) => load.i32(record, field * WORD);
    const task = k.i32(p.tasks.add(k.task.mul(TASK_WORDS * WORD)));
    const panelEnd = k.i32(word(task, TASK.panelEnd));
    const pass = k.i32(word(task, TASK.panelBegin)), passEnd = k.i32(0);
    const block = k.i32(0), blockEnd = k.i32(p.blocks.add(word(task, TASK.blockEnd).mul(BLOCK_WORDS * WORD)));
    const panel = k.i32(0);
    k.while(pass.lt(panelEnd), () => {
      passEnd.set(pass.add(p.panelsPerPass).min(panelEnd));
      block.set(p.blocks.add(word(task, TASK.blockBegin).mul(BLOCK_WORDS * WORD)));
      k.while(block.lt(blockEnd), () => {
        panel.set(pass);
        k.while(panel.lt(passEnd), () => {
          k.call(
            multiplyBlock,
            p.a.add(word(block, BLOCK.a)),
            p.b.add(word(block, BLOCK.b)).add(panel.mul(word(block, BLOCK.panelStride))),
            p.c.add(word(block, BLOCK.c)).add(panel.mul(PANEL_BYTES)),
            p.segments.add(word(block, BLOCK.segmentBegin).mul(2 * WORD)),
            p.segments.add(word(block, BLOCK.segmentEnd).mul(2 * WORD)),
            word(block, BLOCK.depth),
            p.strideA,
            p.strideB,
            p.strideC,
            p.columns.sub(panel.mul(TILE.columns)),
            p.accumulate.or(word(block, BLOCK.accumulate)),
            word(block, BLOCK.rows),
          );
          panel.set(panel.add(1));
        });
        block.set(block.add(BLOCK_WORDS * WORD));
      });
      pass.set(passEnd);
    });
  });
}

const multiplyApart = multiplyKernel("apart");
const multiplyAdjacent = multiplyKernel("adjacent");

/** The kernels of {@link multiply}. */
export const MULTIPLY_KERNELS: readonly Kernel[] = [multiplyApart, multiplyAdjacent];

/** Multiplies: `a`, `b` and `c` are addresses that the plan's offsets are added to. */
export function multiply(
  engine: Engine,
  { plan, tables }: LoadedPlan,
  a: number,
  b: number,
  c: number,
  accumulate: boolean,
): void {
  const apart = readsRowsApart(plan);
  engine.run(apart ? multiplyApart : multiplyAdjacent, { count: plan.tasks.length / TASK_WORDS, grain: 1 }, {
    ...multiplyArguments({ plan, tables }),
    a,
    b,
    c,
    accumulate: Number(accumulate),
  });
}
