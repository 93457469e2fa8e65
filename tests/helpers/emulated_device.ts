/** Programs on the emulated CUDA device of `tests/cuda_emulator`, in processes of their own: its state is global. */
import { fromFileUrl } from "@std/path";
import { buildEmulator, findCompiler } from "../programs/cuda_emulator/build.ts";

/** What is alive on the device when a program ends, and how often it complained about a call. */
export interface DeviceState {
  readonly deviceAllocations: number;
  readonly pinnedAllocations: number;
  readonly streams: number;
  readonly events: number;
  readonly graphs: number;
  readonly modules: number;
  readonly nvrtcPrograms: number;
  readonly cublasHandles: number;
  readonly cudnnHandles: number;
  readonly cudnnDescriptors: number;
  readonly communicators: number;
  readonly complaints: number;
}

/** A state without leaks and complaints. */
export const NOTHING_ALIVE: DeviceState = {
  deviceAllocations: 0,
  pinnedAllocations: 0,
  streams: 0,
  events: 0,
  graphs: 0,
  modules: 0,
  nvrtcPrograms: 0,
  cublasHandles: 0,
  cudnnHandles: 0,
  cudnnDescriptors: 0,
  communicators: 0,
  complaints: 0,
};

/** Why tests on the emulated device cannot run here, or null. Goes into the names of tests. */
export const emulatorProblem: string | null = Deno.build.os === "linux" && findCompiler() !== null
  ? null
  : "no C++ compiler on this Linux machine";

/** How a program on the emulated device ended. */
export interface EmulatedRun {
  readonly code: number;
  /** Both streams. */
  readonly output: string;
  /** Null if the process did not end in order. */
  readonly state: DeviceState | null;
}

/** A program that hangs is ended then; the longest takes under a minute on a quiet machine. */
const DEADLINE_MILLISECONDS = 15 * 60_000;

const PROJECT = fromFileUrl(new URL("../..", import.meta.url));

/** A program that was started on the emulated device. */
export interface EmulatedProgram {
  readonly pid: number;
  /** How it ended. */
  readonly ended: Promise<EmulatedRun>;
}

/** Runs `deno` with arguments on the emulated device, in the project's folder; threads take turns in a random order. */
export async function runEmulated(args: readonly string[], env: Record<string, string> = {}): Promise<EmulatedRun> {
  return await (await startEmulated(args, env)).ended;
}

/** Starts `deno` with arguments as {@link runEmulated} does. */
export async function startEmulated(
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<EmulatedProgram> {
  const device = await emulatorEnvironment(), report = await Deno.makeTempFile({ prefix: "emulated-device-" });
  const process = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: PROJECT,
    env: { ...device, FCR_EMULATOR_REPORT: report, NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    signal: AbortSignal.timeout(DEADLINE_MILLISECONDS),
  }).spawn();
  return { pid: process.pid, ended: endOf(process, report, device.FCR_EMULATOR_SEED) };
}

async function endOf(process: Deno.ChildProcess, report: string, seed: string): Promise<EmulatedRun> {
  try {
    const { code, stdout, stderr } = await process.output();
    const decoder = new TextDecoder(), text = await Deno.readTextFile(report);
    const order = code === 0 ? "" : `\n(the order of threads was that of FCR_EMULATOR_SEED=${seed})`;
    const output = decoder.decode(stdout) + decoder.decode(stderr) + order;
    return { code, output, state: text === "" ? null : JSON.parse(text) as DeviceState };
  } finally {
    await Deno.remove(report);
  }
}

/** Starts one process for each of `size` GPUs as `torchrun` does, without MPI. */
export async function startWorkers(
  size: number,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<EmulatedProgram[]> {
  const of = (rank: number) => ({ RANK: `${rank}`, LOCAL_RANK: `${rank}`, WORLD_SIZE: `${size}` });
  const started = Array.from(
    { length: size },
    (_, rank) => startEmulated(args, { ...of(rank), FCR_EMULATOR_DEVICES: `${size}`, ...env }),
  );
  return await Promise.all(started);
}

/** Variables that put a program on the emulated device. */
export async function emulatorEnvironment(): Promise<Record<string, string>> {
  const folder = await emulatorFolder(), seed = String(crypto.getRandomValues(new Uint32Array(1))[0]);
  return { FCR_CUDA_PATH: folder, FCR_CACHE: `${folder}/cache`, FCR_EMULATOR_SEED: seed };
}

/** Folder of the emulated device, built if need be. */
export async function emulatorFolder(): Promise<string> {
  const compiler = findCompiler();
  if (!compiler) throw new Error("no C++ compiler");
  return await buildEmulator(compiler);
}
