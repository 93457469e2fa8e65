/** A row for each group added to the group's rows, and the sums of each group's rows. */
import { wasmOperation } from "../operation.ts";
import { defineKernel } from "../threads/kernel.ts";
import { I32 } from "../wasm/mod.ts";
import { columnStrips, eachStrip, SUM_PARAMETERS, sumColumns } from "./column_sums.ts";
import { eachElement } from "./elements.ts";
import { rowGrain } from "./grain.ts";

/** Rows `begin` … `end` − 1 of y. */
export const addRowsKernel = defineKernel(
  "addRows",
  { groups: "i32", repeat: "i32", channels: "i32", x: "address", rows: "address", y: "address" },
  (k, { groups, repeat, channels, x, rows, y }) => {
    const rowBytes = k.i32(channels.shl(2));
    k.range(k.begin, k.end, (row) => {
      const from = k.i32(x.add(row.mul(rowBytes))), to = k.i32(y.add(row.mul(rowBytes)));
      const added = k.i32(rows.add(row.div(repeat).rem(groups).mul(rowBytes)));
      eachElement(k, I32.of(0), channels, (lanes) => lanes.store(to, lanes.load(from).add(lanes.load(added))));
    });
  },
);

/** rows (+)= sums of x. */
export const sumRowsKernel = defineKernel(
  "sumRows",
  {
    ...SUM_PARAMETERS,
    outer: "i32",
    groups: "i32",
    repeat: "i32",
    x: "address",
    rows: "address",
    accumulate: "i32",
  },
  (k, { outer, groups, repeat, x, rows, accumulate, ...strips }) => {
    const rowBytes = k.i32(strips.channels.shl(2));
    eachStrip(k, strips, (group, begin, end) => {
      const target = k.i32(rows.add(group.mul(rowBytes))), at = k.i32(0);
      const eachRow = (add: () => void) => {
        k.range(0, outer, (turn) => {
          at.set(x.add(turn.mul(groups).add(group).mul(repeat).mul(rowBytes)));
          k.range(0, repeat, () => {
            add();
            at.set(at.add(rowBytes));
          });
        });
      };
      sumColumns(k, [begin, end], 1, eachRow, (lanes) => [lanes.load(at)], (lanes, [sum]) => {
        const total = k.f32x4(sum);
        k.if(accumulate, () => total.set(total.add(lanes.load(target))));
        lanes.store(target, total);
      });
    });
  },
);

/** See `addRows` in the table. Operands are addresses, as below. */
export const addRows = wasmOperation<"addRows">(
  [addRowsKernel],
  (engine, { outer, groups, repeat, channels }, addresses) => {
    const split = { count: outer * groups * repeat, grain: rowGrain(channels) };
    engine.run(addRowsKernel, split, { groups, repeat, channels, ...addresses });
  },
);

/** See `sumRows` in the table. */
export const sumRows = wasmOperation<"sumRows">(
  [sumRowsKernel],
  (engine, { outer, groups, repeat, channels, accumulate }, addresses) => {
    const { split, values } = columnStrips(groups, outer * repeat, channels);
    const sizes = { ...values, outer, groups, repeat, accumulate: Number(accumulate) };
    engine.run(sumRowsKernel, split, { ...sizes, ...addresses });
  },
);
