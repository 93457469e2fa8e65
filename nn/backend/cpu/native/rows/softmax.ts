/** Softmax over each row. */
import { rowGrain } from "../../kernels/grain.ts";
import { at, R8, RDI, RSI } from "../assembler/mod.ts";
import { defineNativeKernel } from "../kernel.ts";
import { ROW_PARAMETERS, RowCode, type RowOperation, type RowVectors } from "./row_code.ts";
import { exp, joinLanes } from "./vector_math.ts";

/** Added to lanes beyond the last class: their powers then are the least numbers, and they never are the largest. */
const FAR_BELOW = -3e38;

function softmaxKernel(vectors: RowVectors) {
  const parameters = { ...ROW_PARAMETERS, x: "address", y: "address", beyond: "address" } as const;
  return defineNativeKernel(`softmax of ${vectors}`, parameters, [], (k, p) => {
    const rows = new RowCode(k, vectors),
      row = rows.takeRow(),
      [joined, one, beyond] = [1, 2, 3].map(() => rows.take());
    const spare = [1, 2, 3].map(() => rows.take()), last = row[vectors - 1];
    rows.select(p.classes);
    k.mov(R8, p.beyond);
    k.vmovups(beyond, at(R8));
    k.vmovups(one, k.constant(1));
    k.mov(RSI, p.x);
    k.mov(RDI, p.y);
    rows.eachRow(p, [RSI, RDI], [], () => {
      for (const part of rows.parts) rows.load(row[part], RSI, part);
      k.vaddps(last, last, beyond);
      if (vectors === 2) k.vmaxps(joined, row[0], row[1]);
      else k.vmovups(joined, row[0]);
      joinLanes(k, "vmaxps", joined, spare[0]);
      for (const part of row) {
        k.vsubps(part, part, joined);
        exp(k, part, spare);
      }
      if (vectors === 2) k.vaddps(joined, row[0], row[1]);
      else k.vmovups(joined, row[0]);
      joinLanes(k, "vaddps", joined, spare[0]);
      k.vdivps(joined.at(16), one.at(16), joined.at(16));
      k.vbroadcastss(joined, joined.at(16));
      for (const part of rows.parts) {
        k.vmulps(row[part], row[part], joined);
        rows.store(RDI, part, row[part]);
      }
    });
  });
}

const KERNELS = { 1: softmaxKernel(1), 2: softmaxKernel(2) };

/** The kernels of {@link softmax}. */
export const SOFTMAX_KERNELS = Object.values(KERNELS);

/** Softmax of each row, in place or not. */
export const softmax: RowOperation<"softmax"> = (vectors, lanes, engine, shape, { logits: x, probabilities: y }) => {
  const { rows, classes } = shape;
  const beyond = engine.workspace(lanes * 4), inLast = classes - (vectors - 1) * lanes;
  engine.write(beyond, Array.from({ length: lanes }, (_, lane) => lane < inLast ? 0 : FAR_BELOW));
  const rowsPerTask = rowGrain(classes), values = { rows, classes, rowsPerTask, x, y, beyond };
  engine.runNative(KERNELS[vectors], Math.ceil(rows / rowsPerTask), values);
};
