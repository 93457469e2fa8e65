/**
 * Options of a run from where a person may have put them, lowest first: defaults of the schema, the preset, a JSON file
 * (`--config`), assignments (`--set name=value`), flags. A resumed run has its own `options.json` below the file.
 */
import { closestString } from "@std/text/closest-string";
import { z } from "zod";
import { UserError } from "../base/errors.ts";
import { readTextFile } from "../base/files.ts";
import { distinctIssues } from "../base/issues.ts";
import { resolveDevice } from "../nn/backend/device_name.ts";
import { SYSTEMS } from "../nn/models/systems.ts";
import { CALL_OPTIONS, FIXED_OPTIONS, OptionsSchema, type TrainOptions } from "./config.ts";
import { PRESETS } from "./presets.ts";
import type { PresetName } from "./train_options.ts";

/** Option values from one place, not checked yet. */
export interface OptionLayer {
  /** Where they come from, for messages: "the command line", "--set", or a file's path. */
  readonly source: string;
  /** By name of the option. */
  readonly values: Readonly<Record<string, unknown>>;
}

const NAMES = Object.keys(OptionsSchema.shape);

/**
 * Puts layers together, later ones over earlier ones, over the preset they name and the defaults.
 *
 * @throws {UserError} naming each unknown option and the nearest known one, or each bad value, and where it came from.
 */
export function resolveOptions(layers: readonly OptionLayer[]): TrainOptions {
  const values: Record<string, unknown> = {}, sources: Record<string, string> = {};
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (value === undefined) continue;
      if (!NAMES.includes(name)) throw unknownOption(name, layer.source);
      values[name] = value;
      sources[name] = layer.source;
    }
  }
  const { preset, device, model } = check(
    { preset: values.preset, device: values.device, model: values.model },
    sources,
  );
  const engine = resolveDevice(device);
  const sizes: PresetName = preset === "auto" ? "small" : preset;
  const { variational, flatCode } = SYSTEMS[model];
  // Variational systems are the paper's baselines: they have its generator, no refiner, and N(0, 1) for a prior.
  const baseline = variational ? { generator: "dense", refineIterations: 0, priorIterations: 0 } : {};
  const merged = { ...PRESETS[sizes], ...baseline, ...values };
  const options = { ...check(merged, sources), preset: sizes, device: engine };
  if (flatCode !== null && options.generator !== "dense") {
    throw new UserError(
      `model ${model} has a code without cells, but generator is ${options.generator} (from ${sources.generator}), ` +
        `which is a convolution over cells; leave it out or set it to dense`,
    );
  }
  if (variational && options.refineIterations > 0) {
    throw new UserError(
      `model ${model} has no refiner, but refineIterations is ${options.refineIterations} (from ` +
        `${sources.refineIterations}); leave it out or set it to 0`,
    );
  }
  return options;
}

/** What options were before they were options: a saved run that does not name one was made so. */
const BEFORE = { generator: "dense", cooldown: 0, priorIterations: 0 } as const satisfies Partial<TrainOptions>;

/** The layer of options that a run saved, which may be older than some of today's options. */
export function savedLayer({ source, values }: OptionLayer): OptionLayer {
  return { source, values: { ...BEFORE, ...values } };
}

function check(
  values: Readonly<Record<string, unknown>>,
  sources: Readonly<Record<string, string>>,
): z.output<typeof OptionsSchema> {
  const result = OptionsSchema.safeParse(values);
  if (result.success) return result.data;
  const problems = distinctIssues(result.error).map(({ path, message }) => {
    const name = String(path[0]);
    return `option ${name} = ${JSON.stringify(values[name])} (from ${sources[name]}): ${message}`;
  });
  throw new UserError(problems.join("; "));
}

function unknownOption(name: string, source: string): UserError {
  return new UserError(
    `${source}: there is no option ${JSON.stringify(name)}; did you mean ${closestString(name, NAMES)}? ` +
      `Options are: ${NAMES.join(", ")}`,
  );
}

/**
 * The layer of `--set name=value` assignments. Values are JSON where they are that (`8`, `true`, `[16, 16, 16]`), else
 * text.
 *
 * @throws {UserError} for an assignment without `=`.
 */
export function assignments(texts: readonly string[]): OptionLayer {
  const entries = texts.map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw new UserError(`--set ${text}: expected name=value, e.g. --set batch=4`);
    return [text.slice(0, at).trim(), jsonOrText(text.slice(at + 1))] as const;
  });
  return { source: "--set", values: Object.fromEntries(entries) };
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The layer of a JSON file with option names and values, e.g. another run's `options.json`. @throws {UserError} */
export async function readOptionsFile(path: string): Promise<OptionLayer> {
  const text = await readTextFile(path);
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path}: not valid JSON (${cause instanceof Error ? cause.message : cause})`, { cause });
  }
  if (typeof values !== "object" || values === null || Array.isArray(values)) {
    throw new UserError(`${path}: expected a JSON object of options such as {"batch": 4}`);
  }
  return { source: path, values: values as Record<string, unknown> };
}

/**
 * Options of a resumed run: the saved ones, with those changed that `given` names.
 *
 * @param phase phase of the checkpoint: "base", "refine" or "prior".
 * @throws {UserError} if a given option differs from one that the checkpoint depends on.
 */
export function resumeOptions(saved: OptionLayer, given: readonly OptionLayer[], phase: string): TrainOptions {
  const before = resolveOptions([saved]);
  const after = resolveOptions([saved, ...given]);
  const over = { base: [], refine: ["iterations"], prior: ["iterations", "refineIterations"] } as const;
  const fixed = [...FIXED_OPTIONS, ...over[phase as keyof typeof over] ?? []];
  for (const name of fixed) {
    if (JSON.stringify(before[name]) === JSON.stringify(after[name])) continue;
    const stage = { iterations: "base", refineIterations: "refine" }[name as string];
    const why = stage ? `its ${stage} stage is over` : "its checkpoints depend on it";
    throw new UserError(
      `${saved.source}: ${name} is ${JSON.stringify(before[name])} in this run and cannot become ` +
        `${JSON.stringify(after[name])}, ${why}; leave it out, or start a new run without --resume`,
    );
  }
  return after;
}

/** Every option that describes the run; none that is of one call. */
export function savedOptions(options: TrainOptions): Partial<TrainOptions> {
  const kept = Object.entries(options).filter(([name, value]) =>
    value !== undefined && !(CALL_OPTIONS as readonly string[]).includes(name)
  );
  return Object.fromEntries(kept);
}

/** Content of `options.json`: {@link savedOptions}, readable by {@link readOptionsFile}. */
export function optionsJson(options: TrainOptions): string {
  return JSON.stringify(savedOptions(options), null, 2) + "\n";
}
