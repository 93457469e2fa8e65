/** The npm package in a folder of its own: typed, and it trains, under Deno, under Node, and by its command. */
import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { latestCheckpoint, readCheckpoint } from "../../../run/checkpoint.ts";
import { runFolder } from "../../../run/run_folder.ts";
import { runTask } from "../../helpers/task.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { buildPackage } from "./build.ts";
import { packagedSpecifier } from "./specifiers.ts";

interface Result {
  readonly code: number;
  readonly text: string;
}

/** Runs a program to its end; code -1 where it is not installed. */
async function run(program: string, args: readonly string[], cwd?: string): Promise<Result> {
  try {
    const signal = AbortSignal.timeout(300_000), env = { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };
    const { code, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd, env, signal }).output();
    const decoder = new TextDecoder();
    return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return { code: -1, text: "" };
    throw error;
  }
}

const hasNpm = (await run("npm", ["view", "zod", "version"])).code === 0;
/** Whether this Node multiplies and adds in one rounding, as Deno does and Node 20 does not. */
const fuses = Number(/^v(\d+)/.exec((await run("node", ["--version"])).text)?.[1]) >= 22;

/** What the newest checkpoint of a run says of itself. */
async function checksumOf(root: string): Promise<string> {
  return (await readCheckpoint(await latestCheckpoint(runFolder(root).checkpoints))).checksum;
}

/** Trains a little, and makes rooms with the model that comes with the program; says what they are like. */
const programInto = (out: string) =>
  `import { Run, train } from "@fcr/alpha-gan";
import { FULL_GRID } from "@fcr/alpha-gan/data";
const { step } = await train({ preset: "tiny", device: "cpu", cpuEngine: "wasm", threads: 2, out: "${out}" });
const run = await Run.open(undefined, { device: "cpu", cpuEngine: "wasm", threads: 2 });
const { labels } = run.generate(2, 0).plain;
console.log(step, labels.length, FULL_GRID.join("x"), labels.reduce((sum, each) => (sum * 31 + each) % 1000003, 7));
run[Symbol.dispose]();
`;

Deno.test({
  name: `npm package: packed and installed in an empty folder, it trains and makes rooms${
    fuses ? ", bit by bit as Deno" : ""
  } (needs npm and its registry)`,
  ignore: !hasNpm,
  async fn() {
    await using folder = await TemporaryFolder.make();
    const home = folder.join("home");
    await Deno.mkdir(home);
    await buildPackage(folder.join("package"));
    const packed = await run("npm", ["pack", "--silent", folder.join("package")], folder.path);
    assertEquals(packed.code, 0, packed.text);
    const tarball = folder.join(packed.text.trim());
    await Deno.writeTextFile(folder.join("home", "package.json"), `{ "type": "module" }`);
    const install = ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefer-offline", tarball];
    const installed = await run("npm", install, home);
    assertEquals(installed.code, 0, installed.text);

    const wrong = `// @ts-expect-error: no such preset\nexport const wrong = () => train({ preset: "enormous" });\n`;
    await folder.write("home/main.ts", programInto("of-deno") + wrong);
    const typed = await run(Deno.execPath(), ["check", "main.ts"], home);
    assertEquals(typed.code, 0, typed.text);
    const underDeno = await run(Deno.execPath(), ["run", "-A", "--no-check", "main.ts"], home);
    assertStringIncludes(underDeno.text, "8 32768 80x48x80 ");
    await folder.write("home/main.mjs", programInto("of-node"));
    const underNode = await run("node", ["main.mjs"], home);
    assertEquals(underNode, { code: 0, text: underDeno.text });
    if (fuses) assertEquals(await checksumOf(join(home, "of-node")), await checksumOf(join(home, "of-deno")));

    const command = await run("node", ["node_modules/@fcr/alpha-gan/cli.mjs", "data", "--help"], home);
    assertEquals(command, { code: 0, text: (await runTask("data", ["--help"])).out });
    const unknown = await run("node", ["node_modules/@fcr/alpha-gan/cli.mjs", "trian"], home);
    assertEquals(unknown.code, 1);
    assertStringIncludes(unknown.text, "Tasks: train, eval, compare, demo, viz, data, doctor");
  },
});

Deno.test("buildPackage: a folder that holds something else is left alone", async () => {
  await using folder = await TemporaryFolder.make();
  const file = await folder.write("notes.txt", "mine");
  await assertRejects(() => buildPackage(folder.path), UserError, "name another folder");
  await folder.write("package.json", `{ "name": "another" }`);
  await assertRejects(() => buildPackage(folder.path), UserError, "holds something else than @fcr/alpha-gan");
  assertEquals(await Deno.readTextFile(file), "mine");
});

Deno.test("packagedSpecifier: files, names and folders of the import map, and what stays", () => {
  const imports = {
    zod: "npm:zod@^4.1.0",
    "@std/path": "npm:deno-std@1.4.0/path/mod.js",
    "three/addons/": "npm:/three@^0.187.0/examples/jsm/",
    "@scope/name": "npm:@scope/name@~1.2.0",
  };
  const of = (specifier: string) => {
    const { specifier: packaged, dependency } = packagedSpecifier(specifier, imports);
    return [packaged, dependency && `${dependency.name}@${dependency.version}`];
  };
  assertEquals(of("./base/files.ts"), ["./base/files.js", null]);
  assertEquals(of("../classes.json"), ["../classes.json", null]);
  assertEquals(of("zod"), ["zod", "zod@^4.1.0"]);
  assertEquals(of("@std/path"), ["deno-std/path/mod.js", "deno-std@1.4.0"]);
  assertEquals(of("three/addons/Controls.js"), ["three/examples/jsm/Controls.js", "three@^0.187.0"]);
  assertEquals(of("@scope/name"), ["@scope/name", "@scope/name@~1.2.0"]);
  assertEquals(of("node:fs"), ["node:fs", null]);
});
