/** `deno task test:fuzz`: many damaged files for every reader, and a table of what became of them. */
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { fuzz } from "../../helpers/fuzz.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { fuzzedReaders } from "./readers.ts";

await runCommand({
  name: "deno task test:fuzz",
  summary: "Feeds every reader of files with damaged ones. Each must end in a value, or in an error that names the\n" +
    "file, within seconds and in memory that the file justifies; the first that does not ends the command.",
  options: z.object({
    mutations: z.int().min(1).default(10_000).describe("damaged files for each reader"),
    only: z.string().optional().describe("only the readers with this in their name"),
  }),
  examples: [["deno task test:fuzz --only pickle --mutations 100000", "one reader, for longer"]],
  async run({ mutations, only = "" }) {
    await using folder = await TemporaryFolder.make();
    const readers = fuzzedReaders(folder.path).filter(({ name }) => name.includes(only));
    if (readers.length === 0) throw new UserError(`--only ${only}: there is no such reader`);
    print(row("reader", "files tried", "read", "refused", "slowest", "most memory"));
    print(row("---", "---:", "---:", "---:", "---:", "---:"));
    for (const reader of readers) {
      const { name, tried, read, refused, slowestMs, mostBytes } = await fuzz(reader, mutations);
      const memory = reader.unmeasured ? "not measured" : `${Math.ceil(mostBytes / 1024)} KiB`;
      print(row(name, String(tried), String(read), String(refused), `${slowestMs.toFixed(0)} ms`, memory));
    }
  },
}, Deno.args);

function row(name: string, ...cells: string[]): string {
  return `| ${name.padEnd(15)} | ${cells.map((cell) => cell.padStart(12)).join(" | ")} |`;
}
