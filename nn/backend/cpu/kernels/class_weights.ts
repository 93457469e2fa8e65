/** Weights of the classes from their shares among the labels. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { F64, I32, load } from "../wasm/mod.ts";

/** Labels per task. */
const LABEL_GRAIN = 65536;
/** Entries per table: one for each label there can be. */
const TABLE = 256;
/** Tables that neighbouring labels go to in turn, as equal labels would wait for each other. */
const TABLES = 4;

/** counts`[task, 256]` (int32) = how often each label occurs. */
export const countLabelsKernel = defineKernel(
  "countLabels",
  { labels: "address", counts: "address" },
  (k, { labels, counts }) => {
    const tableBytes = TABLE * 4;
    k.fillBytes(k.scratch, 0, I32.of(TABLES * tableBytes));
    const count = (label: I32, table: number) => {
      const at = k.i32(k.scratch.add(label.shl(2)));
      k.store(at, load.i32(at, table * tableBytes).add(1), table * tableBytes);
    };
    const four = k.i32(0);
    const rest = k.steps(k.begin, k.end, 4, (index) => {
      four.set(load.i32(labels.add(index)));
      for (let table = 0; table < TABLES; table++) count(four.shr(8 * table).and(0xff), table);
    });
    k.range(rest, k.end, (index) => count(load.u8(labels.add(index)), 0));
    const to = k.i32(counts.add(k.task.mul(tableBytes))), from = k.i32(k.scratch);
    k.range(0, TABLE / 4, () => {
      const parts = Array.from({ length: TABLES }, (_, table) => load.i32x4(from, table * tableBytes));
      k.store(to, parts.reduce((sum, part) => sum.add(part)));
      from.set(from.add(16));
      to.set(to.add(16));
    });
  },
);

/** weights`[classes]` from counts`[tasks, 256]`, whose labels beyond the classes do not count; a single task. */
export const classWeightsKernel = defineKernel(
  "classWeights",
  { counts: "address", tasks: "i32", weights: "address" },
  (k, { counts, tasks, weights }) => {
    const sum = k.f64(0), labels = k.f64(0), classes = k.i32(k.end);
    k.range(0, classes, (index) => {
      const at = k.i32(counts.add(index.shl(2))), total = k.i32(0);
      k.range(0, tasks, () => {
        total.set(total.add(load.i32(at)));
        at.set(at.add(TABLE * 4));
      });
      k.store(k.scratch.add(index.shl(3)), total.unsignedToF64());
      labels.set(labels.add(total.unsignedToF64()));
    });
    k.if(labels.eq(0), () => labels.set(F64.of(1)));
    k.range(0, classes, (index) => {
      const at = k.i32(k.scratch.add(index.shl(3)));
      const inverse = k.f64(labels.div(load.f64(at).add(labels)));
      k.store(at, inverse);
      sum.set(sum.add(inverse));
    });
    k.range(0, classes, (index) => {
      k.store(weights.add(index.shl(2)), load.f64(k.scratch.add(index.shl(3))).div(sum).toF32());
    });
  },
);

/** weights`[classes]` from uint8 labels`[count]`; both are addresses. @throws {RangeError} for more than 256 classes */
export const classWeights = wasmOperation<"classWeights">(
  [countLabelsKernel, classWeightsKernel],
  (engine, { count, classes }, { labels, weights }) => {
    if (classes > TABLE) throw new RangeError(`${classes} classes are more than labels of one byte can name`);
    const tasks = Math.ceil(count / LABEL_GRAIN);
    const counts = engine.workspace(tasks * TABLE * 4);
    engine.run(countLabelsKernel, { count, grain: LABEL_GRAIN }, { labels, counts });
    engine.run(classWeightsKernel, { count: classes, grain: classes }, { counts, tasks, weights });
  },
);
