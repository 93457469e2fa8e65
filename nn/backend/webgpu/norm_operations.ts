/**
 * Batch and layer normalisation on the device. They differ only in what is normalised together: a column of
 * `[rows, channels]` with its own gain and bias, or a row of `[samples, features]`.
 */
import type { Activation, BatchNormShape, LayerNormShape } from "../backend.ts";
import { each, type Operand, whole } from "./launcher.ts";
import type { DeviceOperations, Loops } from "./loops.ts";
import type { Place } from "./pool.ts";

/** So many groups of so many numbers that are normalised together. */
interface Groups {
  readonly name: string;
  readonly columns: boolean;
  readonly groups: number;
  readonly length: number;
}

interface NormShape extends Activation {
  readonly epsilon: number;
}

type Places<Name extends string> = Readonly<Record<Name, Place>>;

const columns = (name: string, { rows, channels }: Pick<BatchNormShape, "rows" | "channels">): Groups => {
  return { name, columns: true, groups: channels, length: rows };
};
const rows = (name: string, { samples, features }: LayerNormShape): Groups => {
  return { name, columns: false, groups: samples, length: features };
};

/** WGSL: where number j of group g lies. */
const placeOf = ({ columns }: Groups) => columns ? "j * P.sums + g" : "g * P.terms + j";

/** Operands of sums over groups, by what they are split along. */
function grouped({ columns, groups, length }: Groups, places: Places<string>): Record<string, Operand> {
  const perItem = columns ? groups : length;
  return Object.fromEntries(Object.entries(places).map(([name, place]) => [name, each(place, perItem)]));
}

/** WGSL: the normalised `n`, and `d`, the gradient before the activation, of number `at` of group g. */
const backwardTerm = ({ columns }: Groups) => {
  const parameter = columns ? "g" : "0u";
  return `let inverse = 1.0 / sqrt(statistics_at(P.groups + g) + P.epsilon);
  let n = (x_at(at) - statistics_at(g)) * inverse;
  let d = dy_at(at) * slope_at(P.slope, n * gain_at(${parameter}) + bias_at(${parameter}));`;
};

/** See the file's comment. */
export function normOperations(loops: Loops) {
  /** Mean and biased variance of each group, in two passes: a mean far from 0 costs no digits. */
  const measure = (of: Groups, x: Place, statistics: Place) => {
    const { name, columns: sideBySide, groups: sums, length: terms } = of;
    const work = { sums, terms, sideBySide, results: { statistics: whole(statistics) } };
    loops.sums({
      ...{ ...work, name: `${name}, mean`, operands: grouped(of, { x }) },
      term: `return vec2f(x_at(${placeOf(of)}), 0.0);`,
      finish: "set_statistics(g, sums.x / f32(P.terms));",
    });
    loops.sums({
      ...{ ...work, name: `${name}, variance` },
      operands: { ...grouped(of, { x }), statistics: whole(statistics) },
      term: `let d = x_at(${placeOf(of)}) - statistics_at(g); return vec2f(d, d * d);`,
      finish: `let terms = f32(P.terms);
  set_statistics(g, statistics_at(g) + sums.x / terms);
  set_statistics(P.sums + g, max(0.0, sums.y - sums.x * sums.x / terms) / terms);`,
    });
  };
  const normalise = (
    { name, columns, groups, length }: Groups,
    { epsilon, slope }: NormShape,
    { x, statistics, gain, bias, y }: Places<"x" | "statistics" | "gain" | "bias" | "y">,
  ) => {
    const [group, parameter] = columns ? ["i % P.groups", "g"] : ["i / P.length", "0u"];
    loops.elements({
      ...{ name, items: groups * length, sizes: { groups, length }, factors: { epsilon, slope } },
      operands: {
        ...{ x: each(x), y: each(y), statistics: whole(statistics) },
        ...{ gain: whole(gain), bias: whole(bias) },
      },
      body: `let g = ${group}; let inverse = 1.0 / sqrt(statistics_at(P.groups + g) + P.epsilon);
  let n = (x_at(i) - statistics_at(g)) * inverse;
  set_y(i, activate(P.slope, n * gain_at(${parameter}) + bias_at(${parameter})));`,
    });
  };
  type Given = Places<"x" | "statistics" | "gain" | "bias" | "dy" | "means">;
  const inputsOf = ({ statistics, gain, bias }: Given) => {
    return { statistics: whole(statistics), gain: whole(gain), bias: whole(bias) };
  };
  /** Means of the gradient before the activation and of its product with the normalised, and what belongs to gain and bias. */
  const gradientMeans = (of: Groups, shape: NormShape, given: Given, dGain: Place | null, dBias: Place | null) => {
    const { name, columns, groups, length } = of, { x, dy } = given, { epsilon, slope } = shape;
    const gradients = dGain && dBias && { dGain: whole(dGain), dBias: whole(dBias) };
    const ofColumns = columns ? gradients : null, means = whole(given.means);
    loops.sums({
      ...{ name: `${name}, means`, variant: String(ofColumns !== null) },
      ...{ sizes: { groups }, factors: { epsilon, slope } },
      ...{ sums: groups, terms: length, sideBySide: columns },
      operands: { ...grouped(of, { x, dy }), ...inputsOf(given) },
      term: `let at = ${placeOf(of)}; ${backwardTerm(of)} return vec2f(d, d * n);`,
      results: { means, ...ofColumns },
      finish: `set_means(g, sums.x / f32(P.terms)); set_means(P.sums + g, sums.y / f32(P.terms));
  ${ofColumns ? "set_dBias(g, dBias_at(g) + sums.x); set_dGain(g, dGain_at(g) + sums.y);" : ""}`,
    });
    if (!gradients || columns) return;
    loops.elements({
      ...{ name: `${name}, parameters`, items: 1, sizes: { groups, length }, operands: { means, ...gradients } },
      body: `var sums = vec2f();
  for (var g = 0u; g < P.groups; g++) { sums += vec2f(means_at(g), means_at(P.groups + g)) * f32(P.length); }
  set_dBias(0u, dBias_at(0u) + sums.x); set_dGain(0u, dGain_at(0u) + sums.y);`,
    });
  };
  const backward = (of: Groups, { epsilon, slope }: NormShape, given: Given, dx: Place) => {
    const { name, columns, groups, length } = of;
    loops.elements({
      ...{ name, items: groups * length, sizes: { groups, length }, factors: { epsilon, slope } },
      operands: {
        ...{ x: each(given.x), dy: each(given.dy), dx: each(dx) },
        ...{ ...inputsOf(given), means: whole(given.means) },
      },
      body: `let g = ${columns ? "i % P.groups" : "i / P.length"}; let at = i; ${backwardTerm(of)}
  set_dx(i, gain_at(${columns ? "g" : "0u"}) * inverse * (d - means_at(g) - n * means_at(P.groups + g)));`,
    });
  };
  return {
    batchStatistics(shape, { x, statistics }) {
      measure(columns("batchStatistics", shape), x, statistics);
    },
    batchNorm(shape, places) {
      normalise(columns("batchNorm", shape), shape, places);
    },
    batchNormGradientMeans(shape, { dGain, dBias, ...given }) {
      gradientMeans(columns("batchNormGradientMeans", shape), shape, given, dGain, dBias);
    },
    batchNormBackward(shape, { dx, ...given }) {
      backward(columns("batchNormBackward", shape), shape, given, dx);
    },
    layerNorm(shape, places) {
      measure(rows("layerNorm", shape), places.x, places.statistics);
      normalise(rows("layerNorm", shape), shape, places);
    },
    layerNormBackward(shape, { dx, dGain, dBias, ...places }) {
      const of = rows("layerNormBackward", shape), given = { ...places, means: loops.scratch(1, 2 * shape.samples) };
      gradientMeans(of, shape, given, dGain, dBias);
      backward(of, shape, given, dx);
    },
  } satisfies Partial<DeviceOperations>;
}
