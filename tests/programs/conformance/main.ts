/** `deno task conformance <folder>`: every kit of a folder against an engine. */
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { alignedTable } from "../../../base/table.ts";
import { resolveDevice } from "../../../nn/backend/device_name.ts";
import { OptionsSchema } from "../../../run/config.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { checkKit } from "./check.ts";
import type { GroupResult } from "./compare.ts";
import { assertNothingHeld, heldBytes } from "../../helpers/held_bytes.ts";
import { ENGINE_NAMES, openEngine } from "./engines.ts";
import { readKits } from "./kit.ts";

await runCommand({
  name: "deno task conformance",
  summary: "Compares networks, losses, gradients, training steps, Adam and metrics with tensors of the original graph.",
  positionals: ["<folder>"],
  options: z.object({
    engine: z.enum([...ENGINE_NAMES, "all"]).default("all").describe(
      "engine to check; all: each that this machine offers",
    ),
    device: OptionsSchema.shape.device.default("cpu").describe("cpu, webgpu, or cuda[:number] to check a GPU"),
    precision: OptionsSchema.shape.precision.describe("number format of a GPU: fp32 (default), tf32 or bf16"),
    threads: OptionsSchema.shape.threads,
  }),
  examples: [["deno task conformance ../shared/conformance", "check every kit on every CPU engine"], [
    "deno task conformance ../shared/conformance --device cuda",
    "check every kit on the first GPU",
  ]],
  async run({ engine, device, precision, threads }, [folder]) {
    const kits = await readKits(folder);
    let failed = 0;
    const name = resolveDevice(device), codes = engine === "all" ? ENGINE_NAMES : [engine];
    const opens = name === "cpu"
      ? codes.map((code) => () => openEngine(code, threads))
      : [() => openBackend(name, { precision, deterministic: true, notice: print })];
    if (name === "cpu" && precision !== "fp32") throw new UserError("--precision is for --device cuda");
    for (const open of opens) {
      using backend = await open();
      const before = heldBytes(backend), results: GroupResult[] = [];
      for (const kit of kits) results.push(...await checkKit(kit, backend, precision));
      assertNothingHeld(backend, before);
      print(table(backend.name, results));
      failed += results.filter(({ passed }) => !passed).length;
    }
    if (failed > 0) throw new UserError(`${failed} group${failed > 1 ? "s" : ""} outside the limit`);
  },
}, Deno.args);

function table(engine: string, results: readonly GroupResult[]): string {
  const rows = results.map(({ kit, group, tensors, worst, worstName, limit, passed }) => [
    kit,
    group,
    String(tensors),
    worst.toExponential(1),
    limit.toExponential(1),
    passed ? "ok" : "FAILED",
    worstName,
  ]);
  const all = [["kit", "group", "tensors", "worst", "limit", "", "worst tensor"], ...rows];
  const cut = all.map((row) => row.map((cell) => cell.length > 48 ? `${cell.slice(0, 47)}…` : cell));
  return `Engine: ${engine}\n${alignedTable(cut, () => true)}\n`;
}
