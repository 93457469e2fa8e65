/** Operations whose results depend on elements at the same place, on the device. */
import { fillNormal } from "../../../base/random.ts";
import { each, type Operand, whole } from "./launcher.ts";
import type { DeviceOperations, Loops } from "./loops.ts";
import type { Place } from "./pool.ts";

/** Operands of as many elements as the loop has. */
function flat<Name extends string>(places: Readonly<Record<Name, Place>>): Record<Name, Operand> {
  const entries = Object.entries<Place>(places).map(([name, place]) => [name, each(place)]);
  return Object.fromEntries(entries) as Record<Name, Operand>;
}

/** Words that hold the bytes of a place. */
function wordsOf({ byteOffset, byteLength }: Place): { words: number; skipped: number } {
  const skipped = byteOffset % 4;
  return { words: Math.ceil((skipped + byteLength) / 4), skipped };
}

/**
 * A loop over the words that hold the labels `target`, of which each thread replaces the bytes that are among them:
 * `value` gives byte `k` from an expression of its index `at`.
 */
export function byteLoop(target: string, place: Place, value: string) {
  const { words, skipped } = wordsOf(place);
  return {
    items: words,
    // Whole words are read and written, which begin up to three bytes before the first label.
    operands: { [target]: each(place, 4, 4) },
    sizes: { skipped, bytes: place.byteLength },
    body: `let word = u32(i32(P.offset_${target} - P.skipped) >> 2u) + i; var bytes = ${target}_word(word);
  for (var k = 0u; k < 4u; k++) {
    let at = 4u * i + k - P.skipped;
    if (at < P.bytes) { bytes = with_byte(bytes, k, ${value}); }
  }
  set_${target}_word(word, bytes);`,
  };
}

/** See the file's comment. `upload` brings numbers that the processor makes. */
export function elementwiseOperations(loops: Loops, upload: (source: Float32Array, target: Place) => void) {
  const run = (
    name: string,
    items: number,
    places: Readonly<Record<string, Place>>,
    factors: Readonly<Record<string, number>>,
    body: string,
  ) => loops.elements({ name, items, operands: flat(places), factors, body });
  return {
    fill({ count, value }, places) {
      run("fill", count, places, { value }, "set_x(i, P.value);");
    },
    copy({ byteLength }, { x, y }) {
      const words = [byteLength, x.byteOffset, y.byteOffset].every((bytes) => bytes % 4 === 0);
      if (words && x.block !== y.block) {
        const ends = { from: x.block.number, fromOffset: x.byteOffset, to: y.block.number, toOffset: y.byteOffset };
        if (byteLength > 0) loops.launcher.link.send({ do: "copy", ...ends, byteLength });
        return;
      }
      const loop = byteLoop("y", y, "x_at(at)");
      loops.elements({ name: "copy", ...loop, operands: { ...loop.operands, x: each(x, 4, 8) } });
    },
    axpby({ count, a, b }, places) {
      const added = b === 0 ? "" : " + P.b * y_at(i)";
      run(`axpby${b === 0 ? ", b = 0" : ""}`, count, places, { a, b }, `set_y(i, P.a * x_at(i)${added});`);
    },
    clip({ count, maximum }, { squares, x }) {
      const body = "let norm = sqrt(squares_at(0u)); if (norm > P.maximum) { set_x(i, x_at(i) * (P.maximum / norm)); }";
      const operands = { x: each(x), squares: whole(squares) };
      loops.elements({ name: "clip", items: count, operands, factors: { maximum }, body });
    },
    randomNormal({ count, mean, deviation, ...key }, { x }) {
      // Logarithms and cosines of Box-Muller to the last bit need double precision: the processor makes them.
      const numbers = new Float32Array(count);
      fillNormal(numbers, key, mean, deviation);
      upload(numbers, x);
    },
    activation({ count, slope }, places) {
      run("activation", count, places, { slope }, "set_y(i, activate(P.slope, x_at(i)));");
    },
    activationBackward({ count, slope }, places) {
      run("activationBackward", count, places, { slope }, "set_dx(i, dy_at(i) * slope_at(P.slope, y_at(i)));");
    },
    addActivation({ count, slope }, places) {
      run("addActivation", count, places, { slope }, "set_y(i, activate(P.slope, a_at(i) + b_at(i)));");
    },
    silu({ count }, places) {
      run("silu", count, places, {}, "let x = x_at(i); set_y(i, x * sigmoid(x));");
    },
    siluBackward({ count }, places) {
      const body = "let x = x_at(i); let s = sigmoid(x); set_dx(i, dy_at(i) * s * (1.0 + x * sigmoid(-x)));";
      run("siluBackward", count, places, {}, body);
    },
    gaussianSample({ count }, { mean, logVariance, noise, sample }) {
      const body = "set_y(i, mean_at(i) + exponential(0.5 * l_at(i)) * noise_at(i));";
      run("gaussianSample", count, { mean, l: logVariance, noise, y: sample }, {}, body);
    },
    gaussianBackward({ count, factor }, { logVariance, noise, dSample, dLogVariance }) {
      const body = `let deviation = exponential(0.5 * l_at(i));
  set_dl(i, 0.5 * deviation * noise_at(i) * dy_at(i) + P.half * (deviation * deviation - 1.0));`;
      const places = { l: logVariance, noise, dy: dSample, dl: dLogVariance };
      run("gaussianBackward", count, places, { half: factor / 2 }, body);
    },
    bceLogitsBackward({ count, target, scale, accumulate }, places) {
      const value = target === 1 ? "-sigmoid(-logits_at(i))" : "sigmoid(logits_at(i))";
      const body = `set_dLogits(i, P.factor * ${value}${accumulate ? " + dLogits_at(i)" : ""});`;
      run(`bceLogitsBackward, ${target} ${accumulate}`, count, places, { factor: scale / count }, body);
    },
    adam({ count, learningRate, beta1, beta2, epsilon, step }, places) {
      const rate = learningRate * Math.sqrt(1 - beta2 ** step) / (1 - beta1 ** step);
      const factors = { rate, beta1, rest1: 1 - beta1, beta2, rest2: 1 - beta2, epsilon };
      const body = `let g = gradients_at(i);
  let m = P.beta1 * m_at(i) + P.rest1 * g; let v = P.beta2 * v_at(i) + P.rest2 * (g * g);
  set_m(i, m); set_v(i, v); set_parameters(i, parameters_at(i) - P.rate * m / (sqrt(v) + P.epsilon));`;
      run("adam", count, places, factors, body);
    },
  } satisfies Partial<DeviceOperations>;
}
