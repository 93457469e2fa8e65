/**
 * Gradient of a softmax: dx = p·(g − Σp·g), with g the incoming gradient, that of the reconstruction loss computed on
 * the fly, or their sum.
 */
import { rowGrain } from "../../kernels/grain.ts";
import { at, R8, R9, RDI, RDX, RSI } from "../assembler/mod.ts";
import { defineNativeKernel } from "../kernel.ts";
import { labelWindow, startWindow, windowAt, windowBytes } from "./label_windows.ts";
import { ROW_PARAMETERS, RowCode, type RowOperation, type RowVectors } from "./row_code.ts";
import { joinLanes } from "./vector_math.ts";

/** Tables: the loss's derivative is weight·NUMERATOR/(SUMMAND + SIGN·p). */
const NUMERATOR = 0, SUMMAND = 1, SIGN = 2;

const parameters = {
  ...ROW_PARAMETERS,
  p: "address",
  dp: "address",
  labels: "address",
  weights: "address",
  tables: "address",
  dx: "address",
} as const;

/** Which gradients there are. */
type Gradients = "incoming" | "loss" | "both";

function softmaxBackwardKernel(vectors: RowVectors, gradients: Gradients) {
  return defineNativeKernel(`softmax backward of ${vectors}, ${gradients}`, parameters, [], (k, p) => {
    const rows = new RowCode(k, vectors), row = rows.takeRow(), gradient = rows.takeRow(), weights = rows.takeRow();
    const spare = rows.take(), dot = rows.take();
    rows.select(p.classes);
    if (gradients !== "incoming") {
      k.mov(R8, p.weights);
      for (const part of rows.parts) rows.load(weights[part], R8, part);
    }
    k.mov(R8, p.tables);
    k.mov(RSI, p.p);
    k.mov(RDX, p.dp);
    k.mov(RDI, p.dx);
    k.mov(R9, p.labels);
    rows.eachRow(p, [RSI, RDX, RDI], [R9], () => {
      if (gradients !== "incoming") startWindow(rows, at(R9), p.classes, R8);
      for (const part of rows.parts) {
        const g = gradient[part];
        rows.load(row[part], RSI, part);
        if (gradients === "incoming") rows.load(g, RDX, part);
        else {
          k.vmovups(spare, windowAt(rows, SUMMAND, part));
          k.vfmadd231ps(spare, row[part], windowAt(rows, SIGN, part));
          k.vmulps(g, weights[part], windowAt(rows, NUMERATOR, part));
          k.vdivps(g, g, spare);
          if (gradients === "both") {
            rows.load(spare, RDX, part);
            k.vaddps(g, g, spare);
          }
        }
      }
      k.vmulps(dot, row[0], gradient[0]);
      if (vectors === 2) k.vfmadd231ps(dot, row[1], gradient[1]);
      joinLanes(k, "vaddps", dot, spare);
      for (const part of rows.parts) {
        k.vsubps(gradient[part], gradient[part], dot);
        k.vmulps(gradient[part], gradient[part], row[part]);
        rows.store(RDI, part, gradient[part]);
      }
    });
  });
}

const kernelsOf = (vectors: RowVectors) => ({
  incoming: softmaxBackwardKernel(vectors, "incoming"),
  loss: softmaxBackwardKernel(vectors, "loss"),
  both: softmaxBackwardKernel(vectors, "both"),
});
const KERNELS = { 1: kernelsOf(1), 2: kernelsOf(2) };

/** The kernels of {@link softmaxBackward}. */
export const SOFTMAX_BACKWARD_KERNELS = [...Object.values(KERNELS[1]), ...Object.values(KERNELS[2])];

/** See `softmaxBackward` in the table. */
export const softmaxBackward: RowOperation<"softmaxBackward"> = (vectors, lanes, engine, shape, at) => {
  const { rows, classes, reconstruction } = shape, { probabilities: p, dProbabilities, dLogits: dx } = at;
  const width = vectors * lanes, tables = engine.workspace(3 * windowBytes(width));
  if (reconstruction) {
    const { scale, samples, gamma, epsilon } = reconstruction, factor = scale / samples;
    engine.write(tables, [
      ...labelWindow(width, -factor * gamma, factor * (1 - gamma), 0),
      ...labelWindow(width, epsilon, 1 + Math.fround(epsilon)),
      ...labelWindow(width, 1, -1),
    ]);
  }
  const gradients = reconstruction ? dProbabilities === null ? "loss" : "both" : "incoming";
  const rowsPerTask = rowGrain(classes);
  engine.runNative(KERNELS[vectors][gradients], Math.ceil(rows / rowsPerTask), {
    ...{ rows, classes, rowsPerTask, p, tables, dx },
    // What a kernel ignores is an address all the same.
    dp: dProbabilities ?? p,
    labels: at.labels ?? 0,
    weights: at.classWeights ?? 0,
  });
};
