import { assertEquals } from "@std/assert";
import type { Deadline } from "../../../nn/group/deadline.ts";

const MODULE = new URL("../../../nn/group/deadline.ts", import.meta.url).href;
/** Waits as a library does: the thread does nothing else meanwhile. */
const wait = (milliseconds: number) => `Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ${milliseconds})`;

async function run(deadline: Deadline, milliseconds: number): Promise<[number, string, string]> {
  const program = `import { withDeadline } from ${JSON.stringify(MODULE)};
    withDeadline(${JSON.stringify(deadline)}, () => ${wait(milliseconds)});
    console.log("done");`;
  const args = ["eval", program], env = { NO_COLOR: "1" };
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, env }).output();
  const text = new TextDecoder();
  return [code, text.decode(stdout), text.decode(stderr)];
}

Deno.test({
  name: "withDeadline: a call that does not return ends the process with its sentence; one that does changes nothing",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    const sentence = "nobody came";
    assertEquals(await run({ seconds: 0.2, status: 1, sentence }, 60_000), [1, "", "error: nobody came\n"]);
    assertEquals(await run({ seconds: 0.2, status: 7, sentence: null }, 60_000), [7, "", ""]);
    assertEquals(await run({ seconds: 600, status: 1, sentence }, 10), [0, "done\n", ""]);
  },
});
