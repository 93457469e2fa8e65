/** Operations on rows, on the device: moved, added, summed, normalised one by one, and their classes. */
import { permutedRows } from "../permutation.ts";
import { byteLoop } from "./elementwise_operations.ts";
import { each, whole } from "./launcher.ts";
import type { DeviceOperations, Loops } from "./loops.ts";

/** Mean and deviation of row `i` of x, and where its sample's scales and shifts begin. */
const MODULATION = "let first = i / P.cells * P.blocks * P.channels; " +
  "let scale = first + P.scale * P.channels; let shift = first + P.shift * P.channels;";

/** See the file's comment. */
export function rowOperations(loops: Loops) {
  return {
    permute(shape, { x, y }) {
      const { rows, length, sizes: [, size1, size2, size3], steps: [step0, step1, step2, step3] } = permutedRows(shape);
      loops.elements({
        ...{ name: "permute", items: rows * length, operands: { x: whole(x), y: each(y) } },
        sizes: { length, size1, size2, size3, step0, step1, step2, step3 },
        body: `let row = i / P.length; let q2 = row / P.size3; let q1 = q2 / P.size2; let q0 = q1 / P.size1;
  let source = q0 * P.step0 + q1 % P.size1 * P.step1 + q2 % P.size2 * P.step2 + row % P.size3 * P.step3;
  set_y(i, x_at(source * P.length + i % P.length));`,
      });
    },
    addRows({ outer, groups, repeat, channels }, { x, rows, y }) {
      loops.elements({
        ...{ name: "addRows", items: outer * groups * repeat * channels, sizes: { groups, repeat, channels } },
        operands: { x: each(x), rows: whole(rows), y: each(y) },
        body: `let group = i / P.channels / P.repeat % P.groups;
  set_y(i, x_at(i) + rows_at(group * P.channels + i % P.channels));`,
      });
    },
    sumRows({ outer, groups, repeat, channels, accumulate }, { x, rows }) {
      loops.sums({
        ...{ name: "sumRows", variant: String(accumulate), sizes: { groups, repeat, channels } },
        ...{ sums: groups * channels, terms: outer * repeat, sideBySide: true },
        // Rows of one group follow one another only if there is no other.
        operands: { x: groups === 1 ? each(x, channels) : whole(x) },
        term: `let row = (j / P.repeat * P.groups + g / P.channels) * P.repeat + j % P.repeat;
  return vec2f(x_at(row * P.channels + g % P.channels), 0.0);`,
        results: { rows: whole(rows) },
        finish: `let total = ${accumulate ? "merge(exact, Sum(vec2f(rows_at(g)), vec2f()))" : "exact"};
  set_rows(g, total.high.x + total.low.x);`,
      });
    },
    oneHot({ rows, classes }, { labels, x }) {
      loops.elements({
        ...{ name: "oneHot", items: rows * classes, sizes: { classes } },
        operands: { labels: whole(labels), x: each(x) },
        body: "set_x(i, select(0.0, 1.0, labels_at(i / P.classes) == i % P.classes));",
      });
    },
    maskUnknown({ rows, classes }, { labels, x }) {
      loops.elements({
        ...{ name: "maskUnknown", items: rows, sizes: { classes } },
        operands: { labels: each(labels), x: each(x, classes) },
        body: `if (labels_at(i) >= P.classes) {
    for (var c = 0u; c < P.classes; c++) { set_x(i * P.classes + c, 0.0); }
  }`,
      });
    },
    argmax({ classes }, { x, labels }) {
      const { sizes, operands, ...loop } = byteLoop("labels", labels, "first_maximum(at)");
      loops.elements({
        ...{ name: "argmax", ...loop, sizes: { ...sizes, classes } },
        operands: { ...operands, x: each(x, 4 * classes, 4 * classes) },
        functions: `fn first_maximum(row: u32) -> u32 {
  var best = 0u; var most = x_at(row * P.classes);
  for (var c = 1u; c < P.classes; c++) {
    let value = x_at(row * P.classes + c);
    if (value > most) { most = value; best = c; }
  }
  return best;
}`,
      });
    },
    modulatedNorm(shape, { x, modulation, statistics, y }) {
      const { samples, cells, channels, blocks, scale, shift, epsilon } = shape, rows = samples * cells;
      loops.elements({
        ...{ name: "modulatedNorm", items: rows, factors: { epsilon } },
        sizes: { rows, cells, channels, blocks, scale, shift },
        operands: {
          ...{ x: each(x, channels), y: each(y, channels) },
          ...{ modulation: whole(modulation), statistics: whole(statistics) },
        },
        body: `${MODULATION} let begin = i * P.channels; let length = f32(P.channels);
  var total = Sum();
  for (var c = 0u; c < P.channels; c++) { total = add(total, vec2f(x_at(begin + c), 0.0)); }
  let mean = (total.high.x + total.low.x) / length;
  total = Sum();
  for (var c = 0u; c < P.channels; c++) { let d = x_at(begin + c) - mean; total = add(total, vec2f(d, d * d)); }
  let moments = total.high + total.low;
  let inverse = 1.0 / sqrt(max(0.0, moments.y - moments.x * moments.x / length) / length + P.epsilon);
  set_statistics(i, mean + moments.x / length); set_statistics(P.rows + i, inverse);
  for (var c = 0u; c < P.channels; c++) {
    let normalised = ((x_at(begin + c) - mean) - moments.x / length) * inverse;
    set_y(begin + c, normalised * (1.0 + modulation_at(scale + c)) + modulation_at(shift + c));
  }`,
      });
    },
    modulatedNormBackward(shape, { x, modulation, statistics, dy, dx, dModulation }) {
      const { samples, cells, channels, blocks, scale, shift } = shape, rows = samples * cells;
      const sizes = { rows, cells, channels, blocks, scale, shift };
      const inputs = { modulation: whole(modulation), statistics: whole(statistics) };
      if (dModulation) {
        loops.elements({
          ...{ name: "modulatedNormBackward, modulation", items: samples * channels, sizes },
          operands: { x: whole(x), statistics: whole(statistics), dy: whole(dy), dModulation: whole(dModulation) },
          body: `let sample = i / P.channels; let c = i % P.channels; var total = Sum();
  for (var cell = 0u; cell < P.cells; cell++) {
    let row = sample * P.cells + cell; let d = dy_at(row * P.channels + c);
    let normalised = (x_at(row * P.channels + c) - statistics_at(row)) * statistics_at(P.rows + row);
    total = add(total, vec2f(d * normalised, d));
  }
  let at = sample * P.blocks * P.channels + c; let gradient = total.high + total.low;
  let scale = at + P.scale * P.channels; let shift = at + P.shift * P.channels;
  set_dModulation(scale, dModulation_at(scale) + gradient.x);
  set_dModulation(shift, dModulation_at(shift) + gradient.y);`,
        });
      }
      // After it: dx may take the place of dy.
      loops.elements({
        ...{ name: "modulatedNormBackward", items: rows, sizes },
        operands: { ...inputs, x: each(x, channels), dy: each(dy, channels), dx: each(dx, channels) },
        body: `${MODULATION} let begin = i * P.channels; let mean = statistics_at(i);
  let inverse = statistics_at(P.rows + i); var total = Sum();
  for (var c = 0u; c < P.channels; c++) {
    let d = dy_at(begin + c) * (1.0 + modulation_at(scale + c));
    total = add(total, vec2f(d, d * ((x_at(begin + c) - mean) * inverse)));
  }
  let means = (total.high + total.low) / f32(P.channels);
  for (var c = 0u; c < P.channels; c++) {
    let d = dy_at(begin + c) * (1.0 + modulation_at(scale + c));
    set_dx(begin + c, inverse * (d - means.x - (x_at(begin + c) - mean) * inverse * means.y));
  }`,
      });
    },
  } satisfies Partial<DeviceOperations>;
}
