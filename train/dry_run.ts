/** Whether a run fits into memory, and `--dry-run`: what it would be, without its arithmetic. */
import { flagOf } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { memorySize } from "../base/text.ts";
import type { Backend } from "../nn/backend/backend.ts";
import { CountingBackend, type PlannedEngine } from "../nn/backend/counting_backend.ts";
import { addressableBytes } from "../nn/backend/open.ts";
import type { ModelConfig } from "../nn/models/config.ts";
import { Networks } from "../nn/models/networks.ts";
import { shapeText } from "../nn/shape.ts";
import { LEAST_BATCH, memoryLimitBytes, modelOf, type TrainOptions } from "../run/config.ts";
import { memoryPlan, recomputes } from "./memory_plan.ts";
import { optionsJson } from "../run/options.ts";
import { BATCH_OPTIONS, type StageName } from "./schedule.ts";

/** Left to the engine's workspaces: an eighth of all in the paper's networks, most in tiny ones. To plan them takes long. */
const WORKSPACE_SHARE = 0.4;
const RECOMPUTES = " (activations inside the refiner's blocks are computed again instead of kept: --recompute)";

/**
 * Plans a run before anything of it exists.
 *
 * @param limitBytes most that its engine may take.
 * @param ranks processes that train together, of which `options` are those of one.
 * @throws {UserError} if a stage cannot fit; one that passes may still lack room for the engine's own workspace.
 */
export function checkMemory(options: TrainOptions, limitBytes: number, ranks = 1): void {
  for (const { phase, batch, peakBytes } of memoryPlan(options, undefined, limitBytes)) {
    if (peakBytes <= limitBytes) continue;
    const fitting = fittingBatch(options, phase, limitBytes);
    const less = fitting === null
      ? "use a smaller --grid or --preset"
      : `use --${flagOf(BATCH_OPTIONS[phase])} ${fitting * ranks}`;
    // A person may raise what a person has set.
    const [engine, more] = memoryLimitBytes(options) <= limitBytes
      ? ["the engine may take", ", or raise --memory-limit"]
      : [`the ${options.device} engine has no more than`, ""];
    const where = ranks > 1 ? ` on each of ${ranks} ranks` : "";
    const wanted = memorySize(peakBytes), limit = memorySize(limitBytes);
    throw new UserError(
      `the ${phase} stage with batch ${batch}${where} takes ${wanted} of memory, ${engine} ${limit}; ${less}${more} ` +
        `(--dry-run shows the plan)`,
    );
  }
}

/**
 * About the largest batch below the option's with which the stage fits into `limitBytes`, room for the engine's
 * workspaces included; null if not even the least batch does.
 */
function fittingBatch(options: TrainOptions, phase: StageName, limitBytes: number): number | null {
  const option = BATCH_OPTIONS[phase], most = limitBytes * (1 - WORKSPACE_SHARE);
  for (let batch = options[option];;) {
    const plan = memoryPlan({ ...options, [option]: batch }, undefined, most).find((plan) => plan.phase === phase);
    if (plan === undefined || plan.peakBytes <= most) return batch;
    if (batch === LEAST_BATCH) return null;
    // A part of the peak does not depend on the batch, so that this comes down to what fits from above.
    batch = Math.max(LEAST_BATCH, Math.min(batch - 1, Math.floor(batch * most / plan.peakBytes)));
  }
}

/**
 * Options, layers with their parameters, and the memory plan by phase, as text. Where a stage does not fit even without
 * workspaces these are left out: those of the processor would take long to tell for sizes that cannot be.
 */
export function dryRunReport(options: TrainOptions, engine: PlannedEngine = {}): string {
  const limit = Math.min(memoryLimitBytes(options), addressableBytes(options.device));
  const { activations } = engine,
    hopeless = memoryPlan(options, { activations }, limit).some(({ peakBytes }) => peakBytes > limit);
  const planned = hopeless ? { activations } : engine;
  const plans = memoryPlan(options, planned, limit).map(
    ({ phase, batch, peakBytes, byTag, floatOperations }) => {
      const verdict = peakBytes <= limit ? "fits" : "DOES NOT FIT";
      return [
        `${phase} stage, batch ${batch}: ${memorySize(peakBytes)} at its peak (${verdict} in ${memorySize(limit)}), ` +
        `${(floatOperations / 1e12).toFixed(3)} TFLOP an iteration`,
        ...byTag.slice(0, 12).map(([tag, peak]) => `  ${tag.padEnd(36)} ${memorySize(peak).padStart(12)}`),
      ].join("\n");
    },
  );
  const title = `Memory plan${recomputes(options, planned, limit) ? RECOMPUTES : ""}`;
  return ["Options", optionsJson(options), layerTable(modelOf(options)), "", title, ...plans, ""].join("\n");
}

/** Every parameter with its shape and count, by network. */
function layerTable(config: ModelConfig): string {
  using backend = new CountingBackend();
  using networks = new Networks(backend as Backend, config);
  const rows = networks.parameterSets.flatMap((set) => [
    `${set.network}: ${set.count.toLocaleString("en")} parameters`,
    ...set.parameters.map(({ layout, shape }) =>
      `  ${layout.name.padEnd(22)} ${shapeText(shape).padEnd(24)} ${
        shape.reduce((a, b) => a * b, 1).toLocaleString("en").padStart(12)
      }`
    ),
  ]);
  const total = networks.parameterSets.reduce((sum, { count }) => sum + count, 0);
  return [...rows, `all networks: ${total.toLocaleString("en")} parameters`].join("\n");
}
