/** The transformer of a prior in plain loops over plain arrays, written from its description alone. */
import type { PriorConfig } from "../../../nn/prior/config.ts";
import type { FlowArrays } from "../../../nn/prior/flow_state.ts";
import type { TransformerSizes } from "../../../nn/prior/velocity_transformer.ts";

type Matrix = number[][];
type Weights = ReadonlyMap<string, { readonly shape: readonly number[]; readonly values: Float32Array }>;

/** Velocities `[n, codeSize]` in double precision. */
export function literalTransformer(
  { codeShape }: PriorConfig,
  { width, blocks, heads }: TransformerSizes,
  weights: Weights,
  state: FlowArrays,
  n: number,
): number[] {
  const [depth, height, long, channels] = codeShape, cells = depth * height * long, perHead = width / heads;
  const weight = (name: string): Matrix => {
    const { shape: [rows, columns], values } = weights.get(name)!;
    return Array.from({ length: rows }, (_, i) => [...values.slice(i * columns, (i + 1) * columns)]);
  };
  const times = (x: number[], name: string): number[] => {
    const matrix = weight(name);
    return matrix[0].map((_, j) => x.reduce((sum, value, i) => sum + value * matrix[i][j], 0));
  };
  const plus = (...rows: number[][]) => rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0));
  const layer = (x: number[], name: string) => plus(times(x, `${name}.weight`), weight(`${name}.bias`)[0]);
  const silu = (x: number[]) => x.map((value) => value / (1 + Math.exp(-value)));
  const row = (array: Float32Array, i: number, length: number) => [...array.slice(i * length, (i + 1) * length)];
  const block = (modulation: number[], i: number) => modulation.slice(i * width, (i + 1) * width);
  const norm = (x: number[], scale: number[], shift: number[]) => {
    const mean = x.reduce((a, b) => a + b) / width;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / width;
    return x.map((value, i) => (value - mean) / Math.sqrt(variance + 1e-6) * (1 + scale[i]) + shift[i]);
  };
  const place = (cell: number) => {
    const at = [Math.floor(cell / (height * long)), Math.floor(cell / long) % height, cell % long];
    const features: number[] = [];
    [depth, height, long].forEach((size, axis) => {
      for (const wavelength of [2, 4, 8, 16, 32, 64]) {
        const angle = 2 * Math.PI * (at[axis] - (size - 1) / 2) / wavelength;
        features.push(Math.sin(angle), Math.cos(angle));
      }
    });
    return features;
  };
  const velocities: number[] = [];
  for (let sample = 0; sample < n; sample++) {
    const ofTime = layer(silu(layer(row(state.time, sample, state.time.length / n), "time1")), "time2");
    const scene = row(state.scene, sample, state.scene.length / n);
    const asked = silu(plus(ofTime, times(scene, "scene.weight")));
    let h = Array.from({ length: cells }, (_, cell) =>
      plus(
        layer(row(state.x, sample * cells + cell, channels), "code"),
        times(row(state.knownCode, sample * cells + cell, channels), "knownCode.weight"),
        times(row(state.knownBlocks, sample * cells + cell, 128), "knownBlocks.weight"),
        times(place(cell), "position.weight"),
      ));
    for (let i = 1; i <= blocks; i++) {
      const modulation = plus(layer(asked, "modulation"), weight(`block${i}.modulation`)[0]);
      const qkv = h.map((x) => layer(norm(x, block(modulation, 0), block(modulation, 1)), `block${i}.attention`));
      const attended = h.map((_, cell) =>
        Array.from({ length: heads }, (_, head) => {
          const part = (of: number, which: number) => {
            const start = which * width + head * perHead;
            return qkv[of].slice(start, start + perHead);
          };
          const query = part(cell, 0);
          const scores = h.map((_, other) => {
            const key = part(other, 1);
            return Math.exp(query.reduce((sum, value, j) => sum + value * key[j], 0) / Math.sqrt(perHead));
          });
          const total = scores.reduce((a, b) => a + b);
          return query.map((_, j) => scores.reduce((sum, score, other) => sum + score / total * part(other, 2)[j], 0));
        }).flat()
      );
      h = h.map((x, cell) => plus(x, layer(attended[cell], `block${i}.attended`)));
      h = h.map((x) => {
        const inner = silu(layer(norm(x, block(modulation, 2), block(modulation, 3)), `block${i}.inner`));
        return plus(x, layer(inner, `block${i}.outer`));
      });
    }
    const last = layer(asked, "velocity.modulation");
    for (const x of h) velocities.push(...layer(norm(x, block(last, 0), block(last, 1)), "velocity"));
  }
  return velocities;
}
