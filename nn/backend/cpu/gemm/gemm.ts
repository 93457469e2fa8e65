/** Matrix products: each task packs a block of B into its own memory and multiplies its rows with it. */
import { blockFunction } from "../multiply/multiply.ts";
import { packRowsFunction, packTransposedFunction } from "../multiply/pack.ts";
import type { TileKind } from "../multiply/tile.ts";
import { TILE } from "../multiply/tile_size.ts";
import type { CpuOperation } from "../operation.ts";
import { defineKernel, type Kernel } from "../threads/kernel.ts";
import { I32 } from "../wasm/mod.ts";
import { GEMM_PARAMETERS, gemmArguments, splitGemm } from "./gemm_split.ts";

const PANEL_BYTES = TILE.columns * 4;
/** In the thread's scratch: where the tile functions' row ends and a segment without offset lies; then packed B. */
const ZERO_SEGMENT = 32, PACKED = 64;

/** `kind` says how A lies: `apart` as `[m,k]`, `adjacent` as `[k,m]`. */
function gemmKernel(kind: TileKind): Kernel<typeof GEMM_PARAMETERS> {
  return defineKernel(`gemm ${kind}`, GEMM_PARAMETERS, (f, p) => {
    const product = f.i32(f.task.div(p.productTasks)), task = f.i32(f.task.rem(p.productTasks));
    p.a.set(p.a.add(product.mul(p.m).mul(p.k).shl(2)));
    p.b.set(p.b.add(product.mul(p.k).mul(p.n).shl(2)));
    p.c.set(p.c.add(product.mul(p.m).mul(p.n).shl(2)));
    const row = f.i32(task.div(p.panelTasks).mul(p.rowsPerTask));
    const rows = f.i32(p.m.sub(row).min(p.rowsPerTask));
    const column = f.i32(task.rem(p.panelTasks).mul(p.panelsPerTask).mul(TILE.columns));
    const columns = f.i32(p.n.sub(column).min(p.panelsPerTask.mul(TILE.columns)));
    const zero = f.i32(f.scratch.add(ZERO_SEGMENT)), packed = f.i32(f.scratch.add(PACKED));
    f.store(zero, I32.of(0));
    f.store(zero, I32.of(0), 4);
    const step = f.i32(0), depth = f.i32(0), panel = f.i32(0), left = f.i32(0), to = f.i32(0);
    f.while(step.lt(p.k), () => {
      depth.set(p.k.sub(step).min(p.depthPerPass));
      f.if(p.transposeB, () => {
        to.set(packed);
        panel.set(column);
        f.while(panel.lt(column.add(columns)), () => {
          f.call(
            packTransposedFunction(f.module),
            p.b.add(panel.mul(p.k).add(step).shl(2)),
            p.k.shl(2),
            p.n.sub(panel).min(TILE.columns),
            depth,
            to,
          );
          to.set(to.add(depth.mul(PANEL_BYTES)));
          panel.set(panel.add(TILE.columns));
        });
      }, () => {
        const source = p.b.add(step.mul(p.n).add(column).shl(2));
        f.call(
          packRowsFunction(f.module),
          ...[source, p.n.shl(2), depth, columns, packed, depth.mul(PANEL_BYTES), I32.of(0)],
        );
      });
      left.set(columns);
      to.set(packed);
      panel.set(p.c.add(row.mul(p.n).add(column).shl(2)));
      f.while(left, () => {
        f.call(
          blockFunction(f.module, kind),
          p.a.add((kind === "apart" ? row.mul(p.k).add(step) : step.mul(p.m).add(row)).shl(2)),
          to,
          panel,
          zero,
          zero.add(8),
          depth,
          kind === "apart" ? p.k.shl(2) : p.m.shl(2),
          left.gt(4).select(I32.of(PANEL_BYTES), I32.of(PANEL_BYTES / 2)),
          p.n.shl(2),
          left,
          p.accumulate.or(step),
          rows,
        );
        to.set(to.add(depth.mul(PANEL_BYTES)));
        panel.set(panel.add(PANEL_BYTES));
        left.set(left.sub(left.min(TILE.columns)));
      });
      step.set(step.add(depth));
    });
  });
}

const gemmApart = gemmKernel("apart");
const gemmAdjacent = gemmKernel("adjacent");

/** The kernels of {@link gemm}. */
export const GEMM_KERNELS: readonly Kernel[] = [gemmApart, gemmAdjacent];

/** c (+)= op(a)·op(b). */
export const gemm: CpuOperation<"gemm"> = (engine, shape, { a, b, c }) => {
  const { productTasks, ...sizes } = gemmArguments(shape, splitGemm(shape));
  const kernel = shape.transposeA ? gemmAdjacent : gemmApart;
  engine.run(kernel, { count: shape.batch * productTasks, grain: 1 }, { a, b, c, productTasks, ...sizes });
};
