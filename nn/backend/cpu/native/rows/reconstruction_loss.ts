/** The class-weighted, γ-balanced reconstruction loss. */
import { rowGrain } from "../../kernels/grain.ts";
import { negativeMeanKernel } from "../../kernels/reconstruction_loss.ts";
import { at, R8, R9, RAX, RDI, RSI } from "../assembler/mod.ts";
import { frame } from "../code_builder.ts";
import { defineNativeKernel } from "../kernel.ts";
import { labelWindow, startWindow, windowAt, windowBytes } from "./label_windows.ts";
import { ROW_PARAMETERS, RowCode, type RowOperation, type RowVectors } from "./row_code.ts";
import { log } from "./vector_math.ts";

/** Tables: a logarithm's argument is SUMMAND + SIGN·p, and its factor FACTOR·weight. */
const SUMMAND = 0, SIGN = 1, FACTOR = 2;
const FLOAT64_BYTES = 8;

const parameters = {
  ...ROW_PARAMETERS,
  p: "address",
  labels: "address",
  weights: "address",
  tables: "address",
  partial: "address",
} as const;

/** partial`[task, lanes/2]` (float64) = sums over the task's rows, by lanes. */
function lossKernel(vectors: RowVectors) {
  return defineNativeKernel(`reconstruction loss of ${vectors}`, parameters, [], (k, p) => {
    const { bytes } = k.vectors, rows = new RowCode(k, vectors);
    const weights = rows.takeRow(), row = rows.takeRow(), probability = rows.take(), sum = rows.take();
    const spare = [1, 2, 3].map(() => rows.take()), half = spare[0].at(bytes === 64 ? 32 : 16);
    rows.select(p.classes);
    k.mov(R8, p.weights);
    for (const part of rows.parts) rows.load(weights[part], R8, part);
    k.vzero(sum);
    k.mov(R8, p.tables);
    k.mov(RSI, p.p);
    k.mov(R9, p.labels);
    rows.eachRow(p, [RSI], [R9], () => {
      startWindow(rows, at(R9), p.classes, R8);
      for (const part of rows.parts) {
        const term = row[part];
        rows.load(probability, RSI, part);
        k.vmovups(term, windowAt(rows, SUMMAND, part));
        k.vfmadd231ps(term, probability, windowAt(rows, SIGN, part));
        log(k, term, spare);
        k.vmulps(term, term, windowAt(rows, FACTOR, part));
        k.vmulps(term, term, weights[part]);
      }
      const [total] = row;
      if (vectors === 2) k.vaddps(total, total, row[1]);
      k.vextractUpper(half, total);
      k.vaddps(half, half, total.at(half.bytes));
      k.vcvtps2pd(spare[0], half);
      k.vaddpd(sum, sum, spare[0]);
    });
    k.imul(RAX, frame.task, bytes);
    k.mov(RDI, p.partial);
    k.add(RDI, RAX);
    k.vstoreups(at(RDI), sum);
  });
}

const KERNELS = { 1: lossKernel(1), 2: lossKernel(2) };

/** The kernels of {@link reconstructionLoss}. */
export const RECONSTRUCTION_LOSS_KERNELS = Object.values(KERNELS);

/** loss`[1]` from uint8 labels`[rows]`, weights`[classes]`, probabilities`[rows, classes]`. */
export const reconstructionLoss: RowOperation<"reconstructionLoss"> = (vectors, lanes, engine, shape, at) => {
  const { rows, classes, samples, gamma, epsilon } = shape;
  const { labels, classWeights: weights, probabilities: p, loss } = at;
  const rowsPerTask = rowGrain(classes), tasks = Math.ceil(rows / rowsPerTask), width = vectors * lanes;
  const tablesBytes = 3 * windowBytes(width), sums = tasks * lanes / 2;
  const tables = engine.workspace(tablesBytes + sums * FLOAT64_BYTES), partial = tables + tablesBytes;
  engine.write(tables, [
    ...labelWindow(width, epsilon, 1 + Math.fround(epsilon)),
    ...labelWindow(width, 1, -1),
    ...labelWindow(width, gamma, 1 - Math.fround(gamma), 0),
  ]);
  engine.runNative(KERNELS[vectors], tasks, { rows, classes, rowsPerTask, p, labels, weights, tables, partial });
  engine.run(negativeMeanKernel, { count: sums, grain: sums }, { partial, samples, loss });
};
