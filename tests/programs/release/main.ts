/** `deno task release`: makes a version of what is in the clone, up to the commands that give it away. */
import { join, resolve } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { readTextFile, writeFileAtomic } from "../../../base/files.ts";
import { ROOT } from "../../helpers/task.ts";
import { buildPackage } from "../npm_package/build.ts";
import { releasedTexts, type ReleaseTexts } from "./texts.ts";

const FILES: Readonly<Record<keyof ReleaseTexts, string>> = {
  project: "deno.json",
  version: "base/version.ts",
  changelog: "CHANGELOG.md",
};
/** As docs/packages.md says why. */
const PUBLISH = "deno publish --allow-slow-types";

await runCommand({
  name: "deno task release",
  summary:
    "Puts a version into deno.json, base/version.ts and CHANGELOG.md, packs it for npm and tries to publish it\n" +
    "for JSR without doing so. Commits and publishes nothing: the commands that do are printed.",
  positionals: ["<version>"],
  options: z.object({ out: z.string().default("out").describe("folder of the package and its tarball") }),
  examples: [["deno task release 0.2.0", "then look at git diff"]],
  async run({ out: named }, [version]) {
    const out = resolve(named);
    const changed = await run("git", "status", "--porcelain", "--untracked-files=no");
    if (changed !== "") throw new UserError(`commit what has changed first:\n${changed}`);
    const before = await texts(), after = releasedTexts(before, version, new Date().toISOString().slice(0, 10));
    await write(after);
    try {
      const folder = await buildPackage(join(out, "npm"));
      const tarball = await run("npm", "pack", "--silent", "--pack-destination", out, folder);
      await run(...words(PUBLISH), "--dry-run", "--allow-dirty");
      print([
        `Version ${version} is in ${Object.values(FILES).join(", ")}; ${join(out, tarball)} is packed. What is left:`,
        ...[
          `git commit -am "Version ${version}"`,
          `git tag -a v${version} -m "Version ${version}"`,
          "git push --follow-tags",
        ],
        ...[`npm publish ${join(out, tarball)}`, PUBLISH],
      ].join("\n  "));
    } catch (error) {
      await write(before);
      throw error;
    }
  },
}, Deno.args);

async function texts(): Promise<ReleaseTexts> {
  const [project, version, changelog] = await Promise.all(
    [FILES.project, FILES.version, FILES.changelog].map((file) => readTextFile(join(ROOT, file))),
  );
  return { project, version, changelog };
}

async function write(texts: ReleaseTexts): Promise<void> {
  for (const name of ["project", "version", "changelog"] as const) {
    await writeFileAtomic(join(ROOT, FILES[name]), texts[name]);
  }
}

function words(line: string): [program: string, ...args: string[]] {
  const [program, ...args] = line.split(" ");
  return [program === "deno" ? Deno.execPath() : program, ...args];
}

/** What a program printed. @throws {UserError} if it failed. */
async function run(program: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args, cwd: ROOT }).output();
  const [printed, told] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes).trim());
  if (!success) throw new UserError(`${program} ${args.join(" ")} failed:\n${told}`);
  return printed;
}
