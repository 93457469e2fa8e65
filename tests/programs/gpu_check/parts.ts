/** The parts of the check, the most telling first: what does not fit into the time is at the end. */
import { FIGURES, type Part, SCRATCH } from "./part.ts";

const GPU_TESTS = "tests/nn/backend/cuda/gpu";
const RUN = ["run", "-A", "--no-check", "--quiet"], TEST = ["test", "-A", "--no-check", "--reporter=tap"];

/** The part that says what there is; all others need a GPU. */
export const FACTS: Part = {
  name: "device",
  args: [...RUN, "tests/programs/gpu_check/facts.ts", FIGURES],
  ...{ expectedSeconds: 3, limitSeconds: 60, leastSeconds: 0, writes: "device" },
};

function tests(name: string, file: string, expectedSeconds: number, limitSeconds: number): Part {
  const args = [...TEST, `${GPU_TESTS}/${file}_test.ts`];
  return { name, args, expectedSeconds, limitSeconds, leastSeconds: 5 };
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
 * All parts after {@link FACTS}; sizes are small on the emulated device. `peer`: a Python program with a bench of the
 * same training, measured right after ours.
 */
export function gpuParts(emulated: boolean, peer?: string): Part[] {
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
    {
      name: "conformance",
      args: [...RUN, "tests/programs/conformance/main.ts", "tests/fixtures/conformance", "--device", "cuda"],
      ...{ expectedSeconds: 15, limitSeconds: 120, leastSeconds: 5 },
    },
    {
      name: "train",
      args: [...RUN, "train/main.ts", "--device", "cuda", "--preset", "tiny", "--out", `${SCRATCH}/run`],
      ...{ expectedSeconds: 20, limitSeconds: 60, leastSeconds: 5 },
    },
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
