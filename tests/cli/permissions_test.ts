/** What each task may do on the machine of the person who runs it. */
import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fromFileUrl } from "@std/path";
import { ROOT, runTask } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

const COMPUTING = ["--allow-read", "--allow-write", "--allow-env", "--allow-ffi", "--allow-run=python3"];
/** Tasks for people: python3 is asked where NVIDIA's wheels are; the viewer listens on the loopback address alone. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  train: COMPUTING,
  eval: COMPUTING,
  compare: COMPUTING,
  doctor: COMPUTING,
  viz: ["--allow-read", "--allow-write", "--allow-env", "--allow-net=127.0.0.1"],
  data: ["--allow-read", "--allow-write", "--allow-env"],
};
const { tasks } = JSON.parse(await Deno.readTextFile(`${ROOT}deno.json`)) as {
  tasks: Record<string, { command: string }>;
};
const TINY = ["--preset", "tiny", "--iterations", "2", "--refine-iterations", "0", "--no-evaluate"];

Deno.test("deno.json: tasks for people have the permissions they need and no others", () => {
  for (const [task, permissions] of Object.entries(PERMISSIONS)) {
    const words = tasks[task].command.split(" ");
    assertEquals(words.filter((word) => word.startsWith("-")), permissions, task);
  }
});

Deno.test("deno task train: paths and the one library it needs are enough", async () => {
  await using folder = await TemporaryFolder.make();
  const permissions = [
    `--allow-read=${fromFileUrl(new URL("../../", import.meta.url))},${folder.path}`,
    `--allow-write=${folder.path}`,
    "--allow-ffi=libc.so.6",
  ];
  const { code, err } = await runTask("train", [...TINY, "--out", folder.join("run")], { permissions });
  assertEquals(code, 0, err);
});

Deno.test("deno task train: without a permission it says which, or does with less", async () => {
  await using folder = await TemporaryFolder.make();
  const without = (permission: string) =>
    runTask("train", [...TINY, "--device", "cpu", "--out", folder.join(permission)], {
      permissions: COMPUTING.filter((each) => each !== permission),
    });
  const [write, ffi, env] = await Promise.all([
    without("--allow-write"),
    without("--allow-ffi"),
    without("--allow-env"),
  ]);
  assertEquals(write.code, 1);
  assertMatch(write.err, /^error: cannot write .*permission denied/);
  assertEquals(ffi.code, 0, ffi.err);
  if (ffi.out.includes("WebAssembly and not in machine code")) {
    assertStringIncludes(ffi.out, "--allow-ffi was not given");
  }
  assertEquals(env.code, 0, env.err);
});
