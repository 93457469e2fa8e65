import type { GroupedRows } from "../backend/backend.ts";
import { Parameter } from "../parameters.ts";
import { shapeText } from "../shape.ts";
import type { Tape } from "../tape.ts";
import type { Tensor } from "../tensor.ts";

/**
 * x `[R, C]` + rows `[P, C]`: row r gets `rows[floor(r / repeat) % P]`. A bias has P = 1; positions of the cells of
 * each sample P = cells and repeat 1; what belongs to a whole sample P = samples and repeat = cells.
 *
 * @throws {RangeError} if R is no multiple of repeat·P.
 */
export function addRows(tape: Tape, x: Tensor, rows: Tensor | Parameter, repeat: number): Tensor {
  const { backend } = tape, added = rows instanceof Parameter ? rows.value : rows;
  const channels = x.shape.at(-1)!, groups = added.size / channels, outer = x.size / added.size / repeat;
  if (added.shape.at(-1) !== channels || !Number.isInteger(outer)) {
    throw new RangeError(`rows ${shapeText(added.shape)}, each ${repeat} times, do not fit ${shapeText(x.shape)}`);
  }
  const shape: GroupedRows = { outer, groups, repeat, channels };
  const y = tape.allocate(x.shape, x.tag);
  backend.addRows(shape, { x, rows: added, y });
  const parameters = rows instanceof Parameter ? [rows] : [];
  tape.record({
    op: `addRows ${rows instanceof Parameter ? rows.name : rows.tag}`,
    inputs: rows instanceof Parameter ? [x] : [x, rows],
    outputs: [y],
    saved: [],
    vjp: ([dy]) => {
      if (!dy) return;
      if (!(rows instanceof Parameter)) {
        tape.addGradient(
          rows,
          (dRows, accumulate) => backend.sumRows({ ...shape, accumulate }, { x: dy, rows: dRows }),
        );
      } else if (tape.learns(rows)) {
        backend.sumRows({ ...shape, accumulate: true }, { x: dy, rows: rows.set.gradientOf(rows) });
      }
      tape.passGradient(x, dy);
    },
  }, parameters);
  return y;
}
