/** A short campaign on the CPU engine; `deno task test:faults` is the long one. */
import { assertEquals } from "@std/assert";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { runCampaign } from "./campaign.ts";
import { cpuSetting, makeScenes } from "./settings.ts";
import { SIGNAL_FAULTS } from "./signal_faults.ts";
import { STATE_FAULTS } from "./state_faults.ts";
import { STORAGE_FAULTS } from "./storage_faults.ts";

const FAULTS = [...SIGNAL_FAULTS, ...STORAGE_FAULTS, ...STATE_FAULTS];
const lacking = FAULTS.filter(({ lacks }) => lacks !== null).map(({ name, lacks }) => `${name} needs ${lacks}`);

Deno.test(`deno task train: one fault of each kind loses nothing${lacking.map((each) => `; ${each}`).join("")}`, async () => {
  await using folder = await TemporaryFolder.make();
  const data = folder.join("scenes"), count = FAULTS.length - lacking.length;
  await makeScenes(data);
  const { outcomes, runs } = await runCampaign({
    ...{ folder: folder.join("runs"), setting: cpuSetting(data), faults: FAULTS, count, seed: 1 },
  });
  const struck = [...outcomes.values()].flatMap((counts) => [...counts])
    .reduce((total, [outcome, times]) => total + (outcome === "missed" ? 0 : times), 0);
  assertEquals(struck, count);
  assertEquals(runs > 0, true);
});
