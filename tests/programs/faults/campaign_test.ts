/** A short campaign on the CPU engine; `deno task test:faults` is the long one. */
import { assertEquals } from "@std/assert";
import { INSTALLED_MPIS, testWithMpis } from "../../helpers/ranks.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { hostsProblem, TwoHosts } from "../../helpers/two_hosts.ts";
import { runCampaign } from "./campaign.ts";
import { cutCable, RANK_FAULTS } from "./rank_faults.ts";
import { cpuSetting, hostsSetting, makeScenes, ranksSetting } from "./settings.ts";
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

testWithMpis("deno task train on two ranks: one fault of each kind loses nothing", async (mpi) => {
  await using folder = await TemporaryFolder.make();
  const data = folder.join("scenes"), count = RANK_FAULTS.length;
  await makeScenes(data);
  const { runs } = await runCampaign({
    ...{ folder: folder.join("runs"), setting: ranksSetting(data, mpi), faults: RANK_FAULTS, count, seed: 1 },
  });
  assertEquals(runs > 0, true);
});

const [mpi] = INSTALLED_MPIS, lacksHosts = mpi ? hostsProblem : "Open MPI or MPICH";
Deno.test({
  name: `deno task train on two hosts: a cable that is cut loses nothing${
    lacksHosts ? ` (skipped: needs ${lacksHosts})` : ""
  }`,
  ignore: lacksHosts !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    await using hosts = await TwoHosts.make();
    const data = folder.join("scenes"), setting = hostsSetting(data, mpi, hosts);
    await makeScenes(data);
    const faults = [cutCable(hosts)];
    const { runs } = await runCampaign({ ...{ folder: folder.join("runs"), setting, faults, count: 1, seed: 1 } });
    assertEquals(runs, 1);
  },
});
