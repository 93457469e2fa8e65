/** Which of cuDNN's engines may compute a convolution. */
import type { ConvolutionOperation, EngineConfig } from "../../../../ffi/mod.ts";
import type { Precision } from "../../precision.ts";

/** What decides about engines. */
export interface EnginePolicy {
  readonly precision: Precision;
  /** Only engines that give the same bits every time. */
  readonly deterministic: boolean;
  /** Engines that need more scratch memory are left out. */
  readonly workspaceLimitBytes: number;
  /** As `Cudnn.version`. */
  readonly cudnnVersion: number;
  /** As `Cublas.version`. */
  readonly cublasVersion: readonly [number, number, number];
  /** Compute capability. */
  readonly capability: readonly [number, number];
}

/** cuDNN's engine without any cleverness, the same number for all three operations. */
const NAIVE_ENGINE = 0;

/** What decides whether an engine is known to be wrong. */
type Versions = Pick<EnginePolicy, "cudnnVersion" | "cublasVersion" | "capability">;

/** An engine that gives wrong results in some versions. */
interface KnownBad {
  readonly operation: ConvolutionOperation;
  readonly engine: number;
  readonly why: string;
  readonly when: (versions: Versions) => boolean;
}

const between = (from: number, to: number) => ({ cudnnVersion }: Versions) => cudnnVersion >= from && cudnnVersion < to;

/** cuBLASLt before 13.6.1 reads outside its operands on compute capability 12.0. */
const oldLtOnBlackwell = ({ capability, cublasVersion: [major, minor, patch] }: Versions) =>
  capability[0] === 12 && major * 10000 + minor * 100 + patch < 130601;

/** From PyTorch's exclusions (aten/src/ATen/native/cudnn/Conv_v8.cpp) and cuDNN's release notes. */
const KNOWN_BAD: readonly KnownBad[] = [
  { operation: "forward", engine: 23, why: "wrong sums on large inputs (pytorch 163539)", when: between(90800, 91500) },
  { operation: "inputGradient", engine: 23, why: "wrong gradients in three dimensions", when: () => true },
  { operation: "forward", engine: 5, why: "results that vary", when: between(92301, 92400) },
  { operation: "forward", engine: 58, why: "illegal accesses", when: oldLtOnBlackwell },
  { operation: "inputGradient", engine: 63, why: "illegal accesses", when: oldLtOnBlackwell },
  { operation: "filterGradient", engine: 63, why: "illegal accesses", when: oldLtOnBlackwell },
];

/** What is left out with these versions on this device because it is known to be wrong, a line each. */
export function knownBadEngines(versions: Versions): string[] {
  return KNOWN_BAD.filter(({ when }) => when(versions)).map(({ operation, engine, why }) =>
    `engine ${engine} of ${OPERATION_TITLES[operation]} (${why})`
  );
}

const OPERATION_TITLES: Readonly<Record<ConvolutionOperation, string>> = {
  forward: "forward convolutions",
  inputGradient: "input gradients",
  filterGradient: "filter gradients",
};

/** Why an engine is not used, or null if it may be. Its workspace is checked later, on its plan. */
export function rejection(
  operation: ConvolutionOperation,
  config: Pick<EngineConfig, "engine" | "has">,
  policy: EnginePolicy,
): string | null {
  const bad = KNOWN_BAD.find((one) => one.operation === operation && one.engine === config.engine && one.when(policy));
  if (bad) return `known bad: ${bad.why}`;
  // "Convert the inputs to 16 bits" is what bf16 asks for by its tensors, and nobody else does.
  if (policy.precision !== "bf16" && config.has("DOWN_CONVERT_INPUTS")) return "rounds float32 operands to 16 bits";
  if (policy.precision === "fp32" && config.has("TENSOR_CORE")) return "rounds operands to TF32";
  if (config.has("REDUCED_PRECISION_REDUCTION")) return "sums in 16 bits";
  if (policy.precision === "fp32" && (config.has("WINOGRAD") || config.has("FFT"))) return "transforms lose digits";
  if (policy.deterministic && config.has("NONDETERMINISTIC")) return "results vary in the last bits";
  return null;
}

/** 0: what the precision is asked for; 1: right but slow without tensor cores; 2: the naive engine. */
export function tier(config: Pick<EngineConfig, "engine" | "has">, { precision, capability }: EnginePolicy): 0 | 1 | 2 {
  if (config.engine === NAIVE_ENGINE) return 2;
  return precision !== "fp32" && capability[0] >= 8 && !config.has("TENSOR_CORE") ? 1 : 0;
}
