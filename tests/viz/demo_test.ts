/** `deno task demo` and the model that comes with the program. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { Run } from "../../eval/run.ts";
import { environment, runTask, taskArguments } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

Deno.test("Run.open: without a name it is the model that comes with the program", async () => {
  using run = await Run.open(undefined, { device: "cpu", threads: 2 });
  assertEquals(run.prior, "flow");
  const { labels } = run.generate(2, 0).plain;
  for (let room = 0; room < 2; room++) {
    const classes = new Set(labels.subarray(room * run.voxels, (room + 1) * run.voxels));
    assert(["floor", "wall"].every((name) => classes.has(run.classes.names.indexOf(name))), [...classes].join());
  }
});

Deno.test("deno task demo: makes rooms and serves them, without a run of one's own", async () => {
  await using folder = await TemporaryFolder.make();
  const args = taskArguments("demo", ["--port", "0", "--count", "4"]);
  const options = { ...environment({ cwd: folder.path }), stdout: "piped", stderr: "null" } as const;
  await using demo = new Deno.Command(Deno.execPath(), { args, ...options }).spawn();
  let told = "";
  for await (const text of demo.stdout.pipeThrough(new TextDecoderStream())) {
    told += text;
    const url = /http:\S+/.exec(told)?.[0];
    if (!url || !told.includes("Ctrl-C")) continue;
    assertStringIncludes(await (await fetch(`${url}api/catalogue`)).text(), "generate.npy");
    const ask = async (path: string, init?: RequestInit) => await fetch(`${url}api/${path}`, init);
    assert((await (await ask("model?run=")).json()).types.includes("bedroom"));
    const body = await (await ask("noise?run=&seed=3")).bytes();
    const rooms = await Promise.all(
      ["", "&type=bedroom&with=bed"].map(async (wish) =>
        (await (await ask(`decode?run=&from=noise${wish}`, { method: "POST", body })).bytes()).join()
      ),
    );
    assert(rooms[0].length > 0 && rooms[0] !== rooms[1], "the wish counts");
    assert((await ask("decode?run=&from=noise&with=beds", { method: "POST", body })).status === 422);
    demo.kill("SIGTERM");
  }
  assertStringIncludes(told, "4 rooms of seed 0");
  const drawn = /in (\S+), drawn in generated\.png/.exec(told)![1];
  assert((await Deno.stat(join(folder.path, drawn, "generated.png"))).size > 5000);
});

Deno.test("deno task eval: without a run it takes the model that comes with the program", async () => {
  await using folder = await TemporaryFolder.make();
  const args = ["--mode", "generate", "--count", "2", "--no-metrics", "--type", "bedroom", "--threads", "2"];
  const { code, out, err } = await runTask("eval", args, { cwd: folder.path });
  assertEquals(code, 0, err);
  assertStringIncludes(out, "runs/rooms-small/evaluation");
});
