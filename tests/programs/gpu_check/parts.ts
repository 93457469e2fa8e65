/** The parts of the check, the most telling first: what does not fit into the time is at the end. */
import { FIGURES, type Part, SCRATCH } from "./part.ts";
import type { CheckedEngine } from "./report.ts";

const CUDA_TESTS = "tests/nn/backend/cuda/gpu", WEBGPU_TESTS = "tests/nn/backend/webgpu";
const RUN = ["run", "-A", "--no-check", "--quiet"], TEST = ["test", "-A", "--no-check", "--reporter=tap"];

/** The part that says what there is; all others need a GPU. */
export function facts(engine: CheckedEngine): Part {
  return {
    name: "device",
    args: [...RUN, "tests/programs/gpu_check/facts.ts", engine, FIGURES],
    ...{ expectedSeconds: 3, limitSeconds: 60, leastSeconds: 0, writes: "device" },
  };
}

function tests(name: string, file: string, expectedSeconds: number, limitSeconds: number, folder = CUDA_TESTS): Part {
  const args = [...TEST, `${folder}/${file}_test.ts`];
  return { name, args, expectedSeconds, limitSeconds, leastSeconds: 5 };
}

/** The kits of the tests. */
function conformance(engine: CheckedEngine): Part {
  return {
    name: "conformance",
    args: [...RUN, "tests/programs/conformance/main.ts", "tests/fixtures/conformance", "--device", engine],
    ...{ expectedSeconds: 15, limitSeconds: 120, leastSeconds: 5 },
  };
}

/** The tiny preset to its end. */
function train(engine: CheckedEngine): Part {
  return {
    name: "train",
    args: [...RUN, "train/main.ts", "--device", engine, "--preset", "tiny", "--out", `${SCRATCH}/run`],
    ...{ expectedSeconds: 20, limitSeconds: 60, leastSeconds: 5 },
  };
}

function bench(precision: string, emulated: boolean): Part {
  const sizes = emulated
    ? ["--preset", "tiny", "--count", "3"]
    : ["--preset", "full", "--seconds", "8", "--count", "20"];
  const flags = ["--device", "cuda", "--precision", precision, ...sizes, "--json", FIGURES];
  return {
    name: `bench ${precision}`,
    args: [...RUN, "tests/programs/bench/main.ts", ...flags],
    ...{ expectedSeconds: 25, limitSeconds: 110, leastSeconds: 20, writes: "bench" },
  };
}

/** A bench of the same training in another program, as `python3 <file> --device cuda --quick --out <figures>`. */
function peerPart(file: string): Part {
  return {
    name: "peer",
    program: "python3",
    args: [file, "--device", "cuda", "--quick", "--out", FIGURES],
    ...{ expectedSeconds: 180, limitSeconds: 185, leastSeconds: 60, writes: "peer" },
  };
}

/**
 * All parts for CUDA after {@link facts}; sizes are small on the emulated device. `peer`: a Python program with a bench
 * of the same training, measured right after ours.
 */
export function cudaParts(emulated: boolean, peer?: string): Part[] {
  return [
    { name: "self-test", args: [...RUN, "doctor/main.ts"], expectedSeconds: 5, limitSeconds: 60, leastSeconds: 5 },
    tests("adjointness", "adjointness", 10, 60),
    tests("exact sums", "exact_sums", 40, 120),
    // What it chose before it is stopped stays chosen: the benches only choose the rest.
    tests("planning", "planning", 60, 180),
    bench("tf32", emulated),
    bench("bf16", emulated),
    bench("fp32", emulated),
    ...peer === undefined ? [] : [peerPart(peer)],
    conformance("cuda"),
    train("cuda"),
    tests("prior", "prior", 60, 150),
    tests("graphs", "graphs", 20, 60),
    tests("memory", "memory", 40, 90),
    tests("against the CPU", "against_cpu", 40, 90),
    tests("determinism", "determinism", 30, 90),
    tests("suite fp32", "suite_fp32", 20, 60),
    tests("suite tf32", "suite_tf32", 20, 60),
    tests("suite bf16", "suite_bf16", 20, 60),
  ];
}

/** All parts for WebGPU after {@link facts}. On the processor the bench is of one small layer, and slow as the rest is. */
export function webGpuParts(software: boolean): Part[] {
  const few = software ? ["--only", "convolutions", "--filter", "small conv4"] : [];
  return [
    tests("suite", "suite", 30, 120, WEBGPU_TESTS),
    tests("engine", "webgpu_backend", 20, 60, WEBGPU_TESTS),
    conformance("webgpu"),
    {
      name: "bench",
      args: [...RUN, "tests/programs/bench/main.ts", "--device", "webgpu", ...few],
      ...{ expectedSeconds: 90, limitSeconds: 200, leastSeconds: 20, telling: true },
    },
    tests("against the CPU", "training", 30, 120, WEBGPU_TESTS),
    train("webgpu"),
  ];
}
