/** `deno task test:faults`. */
import { join } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { emulatorProblem } from "../../helpers/emulated_device.ts";
import { NO_ADAPTER, requestAdapter } from "../../../nn/backend/webgpu/adapter.ts";
import { INSTALLED_MPIS } from "../../helpers/ranks.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { hostsProblem, TwoHosts } from "../../helpers/two_hosts.ts";
import { type CampaignResult, runCampaign } from "./campaign.ts";
import { DEVICE_FAULTS } from "./device_faults.ts";
import type { Fault } from "./fault.ts";
import type { RunSetting } from "./run_under_test.ts";
import { cutCable, RANK_FAULTS } from "./rank_faults.ts";
import { cpuSetting, emulatedSetting, hostsSetting, makeScenes, ranksSetting, webGpuSetting } from "./settings.ts";
import { SIGNAL_FAULTS } from "./signal_faults.ts";
import { STATE_FAULTS } from "./state_faults.ts";
import { STORAGE_FAULTS } from "./storage_faults.ts";

/** Share of the faults that strike on the emulated device, where a run is slower. */
const DEVICE_SHARE = 0.2;

await runCommand({
  name: "deno task test:faults",
  summary:
    "Trains small runs in processes of their own and disturbs them: signals, full and read-only disks, damaged\n" +
    "checkpoints, missing scenes, NaN, a device that fails. Each must go on to the curve of an undisturbed run.",
  options: z.object({
    count: z.int().min(1).max(10_000).default(200).describe("faults that must strike"),
    only: z.enum(["cpu", "cuda", "webgpu", "ranks"]).optional().describe(
      "strike on this device, or runs on several ranks, alone; webgpu only if it is asked for",
    ),
    ranks: z.int().min(0).max(10_000).default(40).describe("faults of runs on two ranks, shared by the MPIs found"),
    seed: z.int().min(0).max(2 ** 32 - 1).default(0).describe("chooses faults and moments"),
  }),
  run: async ({ count, seed, only, ranks }) => {
    await using folder = await TemporaryFolder.make();
    const data = folder.join("scenes"), started = performance.now();
    await makeScenes(data);
    const share = only === undefined ? DEVICE_SHARE : only === "cuda" ? 1 : 0;
    if (only === "webgpu" && !await requestAdapter()) throw new UserError(NO_ADAPTER);
    const onDevice = emulatorProblem === null ? Math.round(share * count) : 0;
    const cpu = [...SIGNAL_FAULTS, ...STORAGE_FAULTS, ...STATE_FAULTS];
    const campaign = async (name: string, setting: RunSetting, faults: readonly Fault[], share: number) => {
      for (const { name, lacks } of faults) if (lacks) print(`Left out: ${name} (needs ${lacks})`);
      report(
        name,
        await runCampaign({
          ...{ folder: join(folder.path, name), setting, faults, count: share, seed },
          onFault: (fault, outcome, number) => print(`${name} ${number}/${share}  ${fault}: ${outcome}`),
        }),
      );
    };
    for (const mpi of only === undefined || only === "ranks" ? INSTALLED_MPIS : []) {
      const share = Math.ceil(ranks / INSTALLED_MPIS.length);
      const name = mpi.name.replace(" ", "-");
      await campaign(name, ranksSetting(data, mpi), RANK_FAULTS, share);
      if (hostsProblem !== null) {
        print(`Left out: a cable between two hosts cut (needs ${hostsProblem})`);
        continue;
      }
      await using hosts = await TwoHosts.make();
      await campaign(`${name}-hosts`, hostsSetting(data, mpi, hosts), [cutCable(hosts)], Math.ceil(share / 5));
    }
    if (INSTALLED_MPIS.length === 0) print("Left out: faults of runs on several ranks (needs Open MPI or MPICH)");
    if (only === "ranks") return;
    if (only === "webgpu") await campaign("webgpu", webGpuSetting(data), cpu, count);
    else if (count > onDevice) await campaign("cpu", cpuSetting(data), cpu, count - onDevice);
    if (onDevice > 0) {
      await campaign("cuda", await emulatedSetting(data), [...DEVICE_FAULTS, ...SIGNAL_FAULTS], onDevice);
    } else if (emulatorProblem !== null) print(`Left out: faults of a device (${emulatorProblem})`);
    print(`${count} faults in ${Math.round((performance.now() - started) / 1000)} s: nothing lost`);
  },
}, Deno.args);

function report(name: string, { outcomes, runs }: CampaignResult): void {
  print(`\n${name}: ${runs} runs, each with the undisturbed curve and weights`);
  for (const [fault, counts] of outcomes) {
    print(`  ${fault.padEnd(36)}${[...counts].map(([outcome, count]) => `${count} ${outcome}`).join(", ")}`);
  }
  print("");
}
