/** The library door, from outside: processes that import it by its name. */
import { assert, assertEquals, assertRejects } from "@std/assert";
import { Run, train, UserError } from "../mod.ts";
import { roomSource } from "../data/rooms/mod.ts";
import { deadline, ROOT } from "./helpers/task.ts";
import { TemporaryFolder } from "./helpers/temporary_folder.ts";

async function deno(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const command = new Deno.Command(Deno.execPath(), {
    args,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: deadline(),
  });
  const { code, stdout, stderr } = await command.output();
  return { code, out: new TextDecoder().decode(stdout), err: new TextDecoder().decode(stderr) };
}

/** The lines of the example in the comment at the top of mod.ts. */
async function exampleOf(module: string): Promise<string> {
  const text = await Deno.readTextFile(ROOT + module);
  const block = /```ts[^\n]*\n([\s\S]*?) \* ```/.exec(text)?.[1];
  assert(block, `${module} has no example`);
  return block.replaceAll(/^ \* ?/gm, "");
}

Deno.test("mod.ts: importing it prints nothing and needs no permission: it opens no library, file or connection", async () => {
  await using folder = await TemporaryFolder.make();
  for (const door of ["@fcr/alpha-gan", "@fcr/alpha-gan/data", "@fcr/alpha-gan/nn", "@fcr/alpha-gan/viz"]) {
    const main = await folder.write("main.ts", `import * as door from "${door}";\nif (!door) throw new Error();\n`);
    const result = await deno("run", "--no-prompt", "--no-check", "--config", `${ROOT}deno.json`, main);
    assertEquals(result, { code: 0, out: "", err: "" }, door);
  }
});

Deno.test("mod.ts: its example type-checks and does on a trained run what its comments say, without a word", async () => {
  await using folder = await TemporaryFolder.make();
  const { root } = await train({ preset: "tiny", threads: 1, out: folder.join("run") });
  using rooms = roomSource({ seed: 1, grid: [16, 16, 16], count: 1 });
  await folder.write("room.bin", await rooms.read(0));

  const example = await exampleOf("mod.ts");
  const opened = /Run\.open\("[^"]*"\)/;
  assert(opened.test(example), "the example opens a run");
  const program = [
    `const room = await Deno.readFile(${JSON.stringify(folder.join("room.bin"))});`,
    example.replace(opened, `Run.open(${JSON.stringify(root)})`),
    // What the comments claim about the values that the example leaves.
    `const voxels = 16 * 16 * 16, numbers = [codes.length, plain.labels.length, plain.probabilities.length];`,
    `if (numbers.join() !== [4, voxels, 12 * voxels].join()) throw new Error(numbers.join());`,
    `if (refined?.labels.length !== 4 * voxels) throw new Error("not four refined rooms");`,
  ];
  const main = await folder.write("main.ts", program.join("\n"));
  const result = await deno("run", "-A", "--check", "--quiet", "--config", `${ROOT}deno.json`, main);
  assertEquals(result, { code: 0, out: "", err: "" });
});

Deno.test("train: tells every tick and stops when the signal says so, with a checkpoint to open", async () => {
  await using folder = await TemporaryFolder.make();
  const stop = new AbortController();
  const seen: string[] = [];
  const run = await train({ preset: "tiny", iterations: 50, threads: 1, out: folder.join("run") }, {
    signal: stop.signal,
    onTick({ phase, iteration, losses, peakBytes }) {
      assert(Object.values(losses).every(Number.isFinite) && peakBytes > 0);
      seen.push(`${phase} ${iteration}`);
      if (iteration === 3) stop.abort();
    },
  });
  assertEquals(seen, ["base 1", "base 2", "base 3"]);
  assertEquals(run, { root: folder.join("run"), step: 3, finished: false });
  using opened = await Run.open(run.root, { device: "cpu", threads: 1 });
  assertEquals([opened.step, opened.refines], [3, false]);
});

Deno.test("train: a bad option is a UserError that names it", async () => {
  await assertRejects(() => train(JSON.parse('{"presett":"tiny"}')), UserError, "did you mean preset");
});
