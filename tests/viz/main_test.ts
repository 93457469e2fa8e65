import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { decode } from "fast-png";
import type { Grid } from "../../data/grid.ts";
import { readNpy, writeNpy } from "../../data/formats/npy.ts";
import { train } from "../../train/train.ts";
import { closedRoom, labelOf } from "./draw/scenes.ts";
import { tick } from "./viewer/served.ts";
import { deadline, ROOT } from "../helpers/task.ts";
import { inFolder } from "../helpers/temporary_folder.ts";

const GRID: Grid = [16, 16, 16];
const TASK: string = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))).tasks.viz.command;

/** Runs the command of `deno task viz` as it stands in deno.json. */
async function viz(...args: string[]): Promise<{ code: number; out: string; error: string }> {
  const [, ...command] = TASK.split(" ");
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...command, ...args],
    cwd: ROOT,
    stdin: "null",
    env: { NO_COLOR: "1" },
    signal: deadline(),
  }).output();
  return { code, out: new TextDecoder().decode(stdout).trim(), error: new TextDecoder().decode(stderr).trim() };
}

async function sizeOf(path: string): Promise<[number, number]> {
  const { width, height } = decode(await Deno.readFile(path));
  return [width, height];
}

async function writeRooms(path: string, count: number): Promise<void> {
  const room = closedRoom(GRID), data = new Uint8Array(count * room.length);
  for (let i = 0; i < count; i++) data.set(room, i * room.length);
  await writeNpy(path, { dtype: "uint8", shape: [count, ...GRID], data });
}

Deno.test("viz: the task may not call C or run programs, and its network ends at this machine", () => {
  assert(TASK.startsWith("deno run "));
  assert(!/-A|--allow-(all|ffi|run|sys|import)/.test(TASK), TASK);
  assertEquals(TASK.match(/--allow-net\S*/g), ["--allow-net=127.0.0.1"]);
});

Deno.test("viz: draws a file beside it, and one of a stack where it is told", () =>
  inFolder(async (folder) => {
    await writeNpy(join(folder, "room.npy"), { dtype: "uint8", shape: GRID, data: closedRoom(GRID) });
    assertEquals(await viz(join(folder, "room.npy")), { code: 0, out: join(folder, "room.png"), error: "" });
    assertEquals(await sizeOf(join(folder, "room.png")), [640, 480]);

    await writeRooms(join(folder, "stack.npy"), 3);
    const picture = join(folder, "new", "second.png");
    const flags = ["-i", "1", "--out", picture, "--size", "90x70", "--view", "top", "--no-cut", "--background"];
    assertEquals((await viz(join(folder, "stack.npy"), ...flags, "transparent")).code, 0);
    assertEquals(await sizeOf(picture), [90, 70]);
    const { data } = decode(await Deno.readFile(picture));
    assertEquals([data[3], data[(35 * 90 + 45) * 4 + 3]], [0, 255]);
    assert(data[(35 * 90 + 45) * 4] > 2 * data[(35 * 90 + 45) * 4 + 1], "the red ceiling is not cut away");
  }));

Deno.test("viz: draws contact sheets and curves of a folder, whichever files are there", () =>
  inFolder(async (folder) => {
    await Deno.writeTextFile(join(folder, "stats.jsonl"), `${tick(1)}\n${tick(2)}\n{"phase":"ba`);
    const curves = ["curves.svg", "curves.png"].map((name) => join(folder, "pictures", name));
    assertEquals((await viz(folder)).out.split("\n"), curves);
    assertStringIncludes(await Deno.readTextFile(curves[0]), "recons_loss");

    await Deno.mkdir(join(folder, "evaluation"));
    await writeRooms(join(folder, "evaluation", "real.npy"), 3);
    await writeRooms(join(folder, "evaluation", "recons.npy"), 3);
    await writeRooms(join(folder, "evaluation", "generate.npy"), 1);
    const out = join(folder, "elsewhere");
    const { out: names } = await viz(folder, "--out", out, "--rows", "2", "--size", "100x80");
    const expected = ["reconstructions.png", "generated.png", "curves.svg", "curves.png"].map((name) =>
      join(out, name)
    );
    assertEquals(names.split("\n"), expected);
    const [width, height] = await sizeOf(expected[0]);
    assert(width > 200 && width < 300 && height > 160 && height < 320, `${width}x${height}`);
  }));

Deno.test("viz: of a run it draws the newest evaluation that has the volumes", () =>
  inFolder(async (folder) => {
    const rooms = async (step: string, name: string, count: number) => {
      await Deno.mkdir(join(folder, "evaluation", step), { recursive: true });
      await writeRooms(join(folder, "evaluation", step, name), count);
    };
    for (const name of ["real.npy", "recons.npy"]) {
      await rooms("step-000900", name, 3);
      await rooms("step-1000000", name, 1);
    }
    await rooms("step-000900", "generate.npy", 4);
    const { code, out } = await viz(folder, "--size", "100x80");
    const names = ["reconstructions.png", "generated.png"].map((name) => join(folder, "pictures", name));
    assertEquals([code, out.split("\n")], [0, names]);
    const sizes = await Promise.all(names.map(sizeOf));
    assert(sizes[0][0] > 200 && sizes[0][0] < 300, "two versions");
    await viz(join(folder, "evaluation", "step-000900"), "--size", "100x80", "--out", join(folder, "older"));
    const older = await sizeOf(join(folder, "older", "reconstructions.png"));
    assert(older[1] - sizes[0][1] >= 2 * 80, "one room, that of step 1000000, and not three");
    assert(sizes[1][0] > 200 && sizes[1][0] < 300 && sizes[1][1] > 160, "two rooms side by side, two below");
  }));

Deno.test("viz: what cannot be drawn ends with exit code 1 and one line that says why", () =>
  inFolder(async (folder) => {
    const bad = join(folder, "bad.npy"), labels = join(folder, "labels.npy"), stack = join(folder, "stack.npy");
    await Deno.writeTextFile(bad, "not numpy");
    await writeNpy(labels, { dtype: "int16", shape: [1, 1, 2], data: Int16Array.of(3, 12) });
    await writeRooms(stack, 2);
    const cases: [args: string[], says: string][] = [
      [[bad], "bad.npy is not a NumPy .npy file"],
      [[labels], "label 12 at voxel [0, 0, 1]"],
      [[join(folder, "none.npy")], "none.npy: it does not exist"],
      [[folder], "nothing to draw"],
      [[], "<file.npy or folder> is missing"],
      [[stack, "-i", "2"], "indices 0 to 1"],
      [[stack, "--size", "big"], "--size"],
      [[stack, "--size", "9000x10"], "at most 4096"],
      [[stack, "--view", "below"], "--view"],
      [[stack, "--out", join(bad, "picture.png")], "cannot write"],
    ];
    const results = await Promise.all(cases.map(([args]) => viz(...args)));
    results.forEach(({ code, out, error }, i) => {
      assertEquals(code, 1, cases[i][1]);
      assertEquals(out, "");
      assertEquals(error.split("\n").length, 1, error);
      assertStringIncludes(error, cases[i][1]);
    });
    const left = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name).sort();
    assertEquals(left, ["bad.npy", "labels.npy", "stack.npy"]);
  }));

Deno.test("viz: columns of different evaluations and a broken line of stats.jsonl are refused", () =>
  inFolder(async (folder) => {
    await writeRooms(join(folder, "real.npy"), 2);
    await writeRooms(join(folder, "recons.npy"), 1);
    const mixed = await viz(folder);
    assertEquals(mixed.code, 1);
    assertStringIncludes(mixed.error, "must come from one evaluation");
    await Deno.remove(join(folder, "recons.npy"));
    assertStringIncludes((await viz(folder, "-i", "2")).error, "indices 0 to 1");
    await Deno.writeTextFile(join(folder, "stats.jsonl"), "oops\n{}\n");
    assertStringIncludes((await viz(folder)).error, "stats.jsonl:1: not valid JSON");
  }));

Deno.test("viz export: writes beside the file or where told, in the format of the ending", () =>
  inFolder(async (folder) => {
    const stack = join(folder, "stack.npy");
    await writeRooms(stack, 2);
    const vox = join(folder, "new", "room.vox");
    const [plain, named, self, ending, tight, voxels, obj] = await Promise.all([
      viz("export", stack, "-i", "1"),
      viz("export", stack, "--out", vox),
      viz("export", stack, "--out", `${folder}/new/../stack.npy`),
      viz("export", stack, "--out", join(folder, "room.stl")),
      viz("export", stack, "--watertight", "--out", join(folder, "tight.glb")),
      viz("export", stack, "--watertight", "--out", join(folder, "tight.vox")),
      viz("export", stack, "--hide", "celing", "--out", join(folder, "room.obj")),
    ]);
    assertEquals(plain, { code: 0, out: join(folder, "stack-1.glb"), error: "" });
    assertEquals(named, { code: 0, out: vox, error: "" });
    assertEquals(new TextDecoder().decode((await Deno.readFile(vox)).subarray(0, 4)), "VOX ");
    assertStringIncludes(self.error, "overwritten by itself");
    assertStringIncludes(ending.error, "expected an ending of vox, glb, ply, obj, npy");
    assertStringIncludes(voxels.error, "--watertight: a .vox file holds voxels");
    assertStringIncludes(obj.error, "there is no such class; did you mean ceiling?");
    assertEquals([self.code, ending.code, tight.code, voxels.code, obj.code], [1, 1, 0, 1, 1]);
    const merged = (await Deno.stat(join(folder, "stack-1.glb"))).size;
    assert((await Deno.stat(join(folder, "tight.glb"))).size > 2 * merged);
  }));

Deno.test("viz export: whole stacks and runs, without the ceiling, near walls and classes", () =>
  inFolder(async (folder) => {
    const evaluation = join(folder, "evaluation", "step-000009");
    await Deno.mkdir(evaluation, { recursive: true });
    await writeRooms(join(evaluation, "real.npy"), 2);
    await writeRooms(join(evaluation, "generate.npy"), 1);
    const stack = join(evaluation, "real.npy"), out = join(folder, "out"), cut = join(folder, "cut.npy");
    const [all, run, open, none] = await Promise.all([
      viz("export", stack, "--index", "all", "--format", "vox", "--out", out),
      viz("export", folder, "--format", "npy", "--out", join(folder, "run")),
      viz("export", stack, "-i", "1", "--cut", "--hide", "table,window", "--out", cut),
      viz("export", join(folder, "evaluation")),
    ]);
    assertEquals(all, { code: 0, out: [0, 1].map((i) => join(out, `real-${i}.vox`)).join("\n"), error: "" });
    const names = ["real-0.npy", "real-1.npy", "generate-0.npy"].map((name) => join(folder, "run", name));
    assertEquals([run.code, run.out.split("\n").sort()], [0, names.sort()]);
    assertEquals((await readNpy(names[2])).data, closedRoom(GRID));
    assertEquals(open.code, 0, open.error);
    const labels = new Set(Uint8Array.from((await readNpy(cut)).data, Number));
    assertEquals([...labels].sort(), [0, labelOf("floor"), labelOf("wall")]);
    assertStringIncludes(none.error, "holds no volumes: expected any of real.npy");
  }));

Deno.test("viz serve: with the permissions of the task it shows a run and makes rooms from its checkpoint", () =>
  inFolder(async (folder) => {
    const { root } = await train({
      preset: "tiny",
      iterations: 2,
      refineIterations: 0,
      scenes: 4,
      device: "cpu",
      threads: 1,
      out: join(folder, "run"),
    });
    const [, ...command] = TASK.split(" ");
    const server = new Deno.Command(Deno.execPath(), {
      args: [...command, "serve", folder, "--port", "0", "--threads", "2"],
      cwd: ROOT,
      stdin: "null",
      stdout: "piped",
      signal: deadline(),
    }).spawn();
    try {
      const reader = server.stdout.pipeThrough(new TextDecoderStream()).getReader();
      const [url] = (await reader.read()).value!.split("\n");
      assert(url.startsWith("http://127.0.0.1:"), url);
      const { runs, generates } = await (await fetch(`${url}api/catalogue`)).json();
      assertEquals([runs[0].path, runs[0].checkpoint, generates], ["run", true, true]);
      const noise = await (await fetch(`${url}api/noise?run=run&seed=1`)).bytes();
      const rooms = await fetch(`${url}api/decode?run=run&from=noise`, { method: "POST", body: noise });
      assertEquals([rooms.status, rooms.headers.get("x-grid")], [200, "16,16,16"]);
      assertEquals((await rooms.bytes()).length % 4096, 0);
      assert((await fetch(`${url}main.js`)).ok);
      await reader.cancel();
    } finally {
      server.kill();
      await server.status;
    }
    assertEquals(root, join(folder, "run"));
    const missing = await viz("serve", join(folder, "none"), "--port", "0");
    assertEquals(missing.code, 1);
    assertStringIncludes(missing.error, "it does not exist");
    for (const host of ["0.0.0.0", "::", "192.168.1.2"]) {
      const open = await viz("serve", folder, "--port", "0", "--host", host);
      assertEquals(open.code, 1);
      assertStringIncludes(open.error, "--public");
    }
    const forbidden = await viz("serve", folder, "--port", "0", "--host", "0.0.0.0", "--public");
    assertEquals(forbidden.code, 1, "the task itself may not listen there");
    assertStringIncludes(forbidden.error, "--allow-net=0.0.0.0");
  }));

Deno.test("viz: --help shows every option and examples", async () => {
  const { code, out } = await viz("--help");
  assertEquals(code, 0);
  for (const text of ["--index", "--out", "--view", "corner-3", "--cut", "--size", "--scale", "--rows", "Examples:"]) {
    assertStringIncludes(out, text);
  }
});
