/** The options of a run as command line flags. */
import { z } from "zod";
import { classListOf, readClasses } from "../data/class_file.ts";
import { scenesMeant } from "../data/rooms/mod.ts";
import { OptionsSchema } from "../run/config.ts";
import { assignments, type OptionLayer, readOptionsFile } from "../run/options.ts";
import { type Preset, PRESET_NAMES, PRESETS } from "../run/presets.ts";

/** Flags as parsed: only what was given, plus the two flags that name further layers. */
export type TrainFlags = Readonly<Record<string, unknown>> & {
  /** A JSON file with options. */
  readonly config?: string;
  /** Assignments `name=value`. */
  readonly set?: readonly string[];
};

/**
 * A flag for each option, without applying defaults (lower layers may have a value), and `--config`, `--set`. Help
 * shows the default, or the presets' values where they set one.
 */
export const TrainFlagsSchema: z.ZodObject<Record<string, z.ZodType>> = z.object({
  ...Object.fromEntries(
    Object.entries(OptionsSchema.shape).map(([name, field]) => [name, flagOf(name, field)]),
  ),
  config: z.string().optional().describe("JSON file with options, e.g. the options.json of another run"),
  set: z.array(z.string()).optional().describe("an option as name=value; may be repeated"),
});

function flagOf(name: string, field: z.ZodType): z.ZodType {
  const description = field.description ?? "";
  if (name === "classes") return z.string().optional().describe(description);
  if (!(field instanceof z.ZodDefault)) return field;
  const flag = (field.unwrap() as z.ZodType).optional();
  if (!(name in PRESETS.full)) return flag.meta({ description, default: field.def.defaultValue });
  const values = PRESET_NAMES.map((preset) => `${preset} ${shown(PRESETS[preset][name as keyof Preset])}`);
  return flag.describe(`${description} [${values.join(", ")}]`);
}

function shown(value: Preset[keyof Preset]): string {
  return !Array.isArray(value) ? String(value) : value.join(value.length === 3 ? "x" : "-");
}

/**
 * The layers that flags stand for, lowest first: the `--config` file, `--set`, the flags. Where `classes` names a file
 * it is read.
 *
 * @throws {UserError} if a file cannot be read or is not valid.
 */
export async function layersOf({ config, set, ...values }: TrainFlags): Promise<OptionLayer[]> {
  const layers = [
    ...config === undefined ? [] : [await readOptionsFile(config)],
    ...[assignments(set ?? []), { source: "the command line", values }].map(withScenesMeant),
  ];
  return await Promise.all(layers.map(async ({ source, values }) => {
    if (typeof values.classes !== "string") return { source, values };
    return { source, values: { ...values, classes: classListOf(await readClasses(values.classes)) } };
  }));
}

/** What a person writes is looked up where they stand; an options file says what it means already. */
function withScenesMeant({ source, values }: OptionLayer): OptionLayer {
  return { source, values: typeof values.data === "string" ? { ...values, data: scenesMeant(values.data) } : values };
}
