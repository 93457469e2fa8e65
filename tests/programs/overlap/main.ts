/** How much of the time in which ranks wait for each other the overlap of sums and backward pass saves. */
import { fromFileUrl } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { INSTALLED_MPIS, RANK_ENVIRONMENT } from "../../helpers/ranks.ts";
import { hostsProblem, TwoHosts } from "../../helpers/two_hosts.ts";
import type { Waits } from "./rank.ts";

await runCommand({
  name: "deno run -A tests/programs/overlap/main.ts",
  summary:
    "Trains on one rank of each of two hosts, network namespaces with a cable between them, and sends gradients\n" +
    "while the backward pass goes on and at its end in turn. Prints the seconds that rank 0 waited in an iteration.",
  options: z.object({
    preset: z.enum(["tiny", "small", "full"]).default("small").describe("sizes of the networks"),
    batch: z.int().min(2).default(4).describe("scenes of both ranks together"),
    pairs: z.int().min(1).default(16).describe("iterations of each kind"),
    rate: z.string().default("1gbit").describe("of the cable, as tc takes it"),
    mpi: z.enum(["Open MPI", "MPICH"]).default("Open MPI").describe("what joins the ranks"),
  }),
  async run({ preset, batch, pairs, rate, mpi }) {
    const installed = INSTALLED_MPIS.find(({ name }) => name === mpi);
    if (!installed || hostsProblem !== null) throw new UserError(`needs ${installed ? hostsProblem : mpi}`);
    await using hosts = await TwoHosts.make(rate);
    const [program, ...words] = hosts.launcher(installed), rank = fromFileUrl(new URL("rank.ts", import.meta.url));
    const own = [Deno.execPath(), "run", "-A", "--no-check", rank, preset, String(batch), String(pairs)];
    const env = { ...RANK_ENVIRONMENT, UCX_TLS: "tcp,self" };
    const command = new Deno.Command(program, { args: [...words, ...own], env, stdin: "null", stderr: "inherit" });
    const { code, stdout } = await command.output();
    if (code !== 0) throw new UserError(`the ranks ended with ${code}`);
    const { atTheEnd, alongTheWay }: Waits = JSON.parse(new TextDecoder().decode(stdout));
    print("pair  at the end  along the way  less");
    for (const [pair, seconds] of atTheEnd.entries()) print(line(`${pair + 1}`, seconds, alongTheWay[pair]));
    print(line("all", median(atTheEnd), median(alongTheWay)) + "  (medians)");
    const less = median(atTheEnd.map((seconds, pair) => 1 - alongTheWay[pair] / seconds));
    print(`median of the pairs: ${(100 * less).toFixed(0)} % less`);
  },
}, Deno.args);

function line(name: string, atTheEnd: number, alongTheWay: number): string {
  const less = `${(100 * (1 - alongTheWay / atTheEnd)).toFixed(0)} %`;
  return `${name.padEnd(4)}${atTheEnd.toFixed(3).padStart(10)} s${alongTheWay.toFixed(3).padStart(12)} s${
    less.padStart(8)
  }`;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other), middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
