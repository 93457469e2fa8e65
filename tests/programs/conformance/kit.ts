/** Kits of tensors computed with the original graph: a `.safetensors` file and the `.json` that describes it. */
import { basename, join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { readTextFile } from "../../../base/files.ts";
import { readSafetensors, type TensorData } from "../../../data/formats/safetensors.ts";

/** Limit of a group of tensors, as its json states it. */
export interface Tolerance {
  /** The json's key: patterns with `*` and `{a,b}`, joined by "and". */
  readonly group: string;
  readonly matches: (name: string) => boolean;
  /** How found and expected values are compared. */
  readonly metric: string;
  readonly limit: number;
}

/** One kit in memory. */
export interface Kit {
  readonly name: string;
  // deno-lint-ignore no-explicit-any -- the json's shape depends on the kind of kit; each reader checks what it uses
  readonly json: any;
  readonly tensors: ReadonlyMap<string, TensorData>;
  readonly tolerances: readonly Tolerance[];
}

/** Reads every kit of a folder. @throws {UserError} if there is none. */
export async function readKits(folder: string): Promise<Kit[]> {
  const kits: Kit[] = [];
  const names: string[] = [];
  try {
    for await (const entry of Deno.readDir(folder)) if (entry.name.endsWith(".json")) names.push(entry.name);
  } catch (cause) {
    throw new UserError(`cannot list ${folder}: ${cause instanceof Error ? cause.message : cause}`);
  }
  for (const name of names.sort()) {
    const json = JSON.parse(await readTextFile(join(folder, name)));
    if (typeof json.file !== "string" || !json.tolerances) continue;
    const { tensors } = await readSafetensors(join(folder, json.file));
    kits.push({ name: basename(name, ".json"), json, tensors, tolerances: tolerancesOf(json.tolerances) });
  }
  if (kits.length === 0) {
    throw new UserError(`${folder} holds no kit: a .json with "file" and "tolerances" was expected`);
  }
  return kits;
}

/** A tensor as float64 numbers. @throws {UserError} if the kit lacks it. */
export function valuesOf(kit: Kit, name: string): Float64Array {
  const tensor = kit.tensors.get(name);
  if (!tensor) throw new UserError(`kit ${kit.name} has no tensor ${name}`);
  return Float64Array.from(tensor.data as ArrayLike<number | bigint>, Number);
}

/** A float32 tensor. @throws {UserError} if the kit lacks it or it is of another type. */
export function floatsOf(kit: Kit, name: string): { data: Float32Array<ArrayBuffer>; shape: readonly number[] } {
  const tensor = kit.tensors.get(name);
  if (!(tensor?.data instanceof Float32Array)) throw new UserError(`kit ${kit.name} has no float32 tensor ${name}`);
  return { data: new Float32Array(tensor.data), shape: tensor.shape };
}

function tolerancesOf(json: Record<string, unknown>): Tolerance[] {
  return Object.entries(json).map(([group, value]) => {
    const patterns = group.split(/ and |, /).flatMap(expandBraces).map((pattern) =>
      new RegExp(`^${pattern.replace(/[.+?^$()|[\]\\]/g, "\\$&").replaceAll("*", ".*")}$`)
    );
    return { group, matches: (name: string) => patterns.some((pattern) => pattern.test(name)), ...limitOf(value) };
  });
}

function expandBraces(pattern: string): string[] {
  const match = pattern.match(/^(.*)\{(.*)\}(.*)$/);
  return match ? match[2].split(",").map((choice) => match[1] + choice + match[3]) : [pattern];
}

function limitOf(value: unknown): { metric: string; limit: number } {
  if (value === "exact") return { metric: "exact", limit: 0 };
  if (typeof value === "number") return { metric: "largest absolute difference", limit: value };
  if (typeof value === "string") {
    const limit = value.match(/<= ([-\d.e]+)/);
    if (limit) {
      return {
        metric: value.startsWith("max abs") ? "largest absolute difference" : "relative L2",
        limit: Number(limit[1]),
      };
    }
  } else if (typeof value === "object" && value !== null && "metric" in value) {
    const { metric, limit, limit_min } = value as { metric: string; limit?: number; limit_min?: number };
    if (limit !== undefined) return { metric, limit };
    if (limit_min !== undefined) return { metric, limit: 1 - limit_min };
  }
  throw new UserError(`a tolerance is not understood: ${JSON.stringify(value)}`);
}
