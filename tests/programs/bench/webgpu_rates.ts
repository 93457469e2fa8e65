/** How fast a WebGPU device copies and multiplies when it does nothing else: what its products are measured by. */
import { type DeviceLink, PARAMETER_WORDS } from "../../../nn/backend/webgpu/device_link.ts";
import { type Clock, medianMilliseconds } from "./clock.ts";

/** What a device reaches at most. */
export interface DeviceRates {
  /** Bytes read and written, 10⁹ per second. */
  readonly copyGigabytes: number;
  /** Multiply-adds on registers, each two operations, 10⁹ per second. */
  readonly multiplyGflops: number;
}

const THREADS = 256, VECTORS = 8, REPETITIONS = 5;

/** Of a copy of 128 MiB, what every adapter can bind and no cache holds. */
const GROUPS = 32_768;

/** Long enough that a launch and an answer do not count. */
const LEAST_MILLISECONDS = 50;
/** So many, and the loop stays below the 65,535 rounds of Mesa's software device. */
const MOST_ROUNDS = 32_768;

/** Numbers of the buffers and pipelines here: those of an engine on the same link begin at 0. */
const SOURCE = -1, TARGET = -2, COPY = -1, MULTIPLY = -2;

const HEAD = `struct Parameters { rounds: u32 }
@group(0) @binding(0) var<uniform> P: Parameters;
@group(0) @binding(1) var<storage, read_write> target_: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> source: array<vec4f>;
@compute @workgroup_size(${THREADS}) fn main(@builtin(global_invocation_id) id: vec3u) {`;

const vectors = Array.from({ length: VECTORS }, (_, i) => `v${i}`);

const KERNELS = [
  { pipeline: COPY, code: `${HEAD} target_[id.x] = source[id.x]; }`, label: "copy" },
  {
    pipeline: MULTIPLY,
    code: `${HEAD} let factor = source[id.x % 4u];
  ${vectors.map((name, i) => `var ${name} = vec4f(f32(id.x + ${i}u));`).join(" ")}
  for (var round = 0u; round < P.rounds; round++) {
    ${vectors.map((name) => `${name} = fma(${name}, factor, factor);`).join(" ")}
  }
  target_[id.x] = ${vectors.join(" + ")}; }`,
    label: "multiply-adds",
  },
];

/** Measures a device; it takes some seconds, and 256 MiB for that time. */
export function deviceRates(link: DeviceLink, clock: Clock): DeviceRates {
  const byteLength = THREADS * GROUPS * 16;
  for (const buffer of [SOURCE, TARGET]) link.send({ do: "create", buffer, byteLength, label: "rates" });
  for (const kernel of KERNELS) link.send({ do: "compile", ...kernel, bindings: 2 });
  const bindings = [TARGET, SOURCE].map((buffer) => ({ buffer, byteOffset: 0, byteLength }));
  const launch = (pipeline: number, groups: number, rounds: number) => {
    const parameters = new Uint32Array(PARAMETER_WORDS);
    parameters[0] = rounds;
    const work = THREADS * groups * rounds * VECTORS * 8;
    link.send({ do: "dispatch", pipeline, bindings, parameters, grid: [groups, 1, 1], work, label: "rates" });
  };
  const copying = medianMilliseconds(clock, REPETITIONS, () => launch(COPY, GROUPS, 1));
  // A processor is busy with few threads for long.
  let groups = 16, rounds = 64;
  const multiply = () => launch(MULTIPLY, groups, rounds);
  for (clock(multiply); clock(multiply) < LEAST_MILLISECONDS && rounds < MOST_ROUNDS;) {
    groups = Math.min(GROUPS, 2 * groups);
    rounds *= 2;
  }
  const multiplying = medianMilliseconds(clock, REPETITIONS, multiply);
  for (const buffer of [SOURCE, TARGET]) link.send({ do: "destroy", buffer });
  return {
    copyGigabytes: 2 * byteLength / copying / 1e6,
    multiplyGflops: THREADS * groups * rounds * VECTORS * 8 / multiplying / 1e6,
  };
}
