/** What differs between operating systems, each emulated on the one that runs this. */
import { assertEquals, assertMatch, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { defaultCacheFolder } from "../../base/cache_folder.ts";
import { ioReason } from "../../base/io_reason.ts";
import { replaceFile } from "../../base/replace_file.ts";

Deno.test("defaultCacheFolder: where each system keeps caches, unless a variable says otherwise", () => {
  const folder = (os: typeof Deno.build.os, variables: Record<string, string>) =>
    defaultCacheFolder(os, (name) => variables[name]);
  const home = { HOME: "/home/ann", LOCALAPPDATA: "C:/Users/ann/AppData/Local" };
  assertEquals(folder("linux", home), join("/home/ann", ".cache", "fcr-alpha-gan"));
  assertEquals(folder("darwin", home), join("/home/ann", "Library", "Caches", "fcr-alpha-gan"));
  assertEquals(folder("windows", home), join("C:/Users/ann/AppData/Local", "fcr-alpha-gan", "Cache"));
  for (const os of ["linux", "darwin", "windows"] as const) {
    assertEquals(folder(os, { ...home, XDG_CACHE_HOME: "/caches" }), join("/caches", "fcr-alpha-gan"));
    assertEquals(folder(os, { ...home, XDG_CACHE_HOME: "/caches", FCR_CACHE: "/mine" }), "/mine");
    assertEquals(folder(os, {}), null);
  }
  const forbidden = () => {
    throw new Deno.errors.NotCapable("env");
  };
  assertEquals(defaultCacheFolder("linux", forbidden), null);
});

Deno.test("ioReason: a number means what the system means by it", () => {
  const reason = (os: typeof Deno.build.os, code: number) => ioReason("write", new Error(`no (os error ${code})`), os);
  for (const os of ["linux", "darwin"] as const) {
    assertStringIncludes(reason(os, 28), "no space");
    assertStringIncludes(reason(os, 27), "ulimit -f");
    assertStringIncludes(reason(os, 32), "has ended");
    assertStringIncludes(reason(os, 30), "read-only");
    assertStringIncludes(reason(os, 20), "a folder was expected");
    assertEquals(reason(os, 112), "no (os error 112)");
  }
  assertStringIncludes(reason("windows", 112), "no space");
  assertStringIncludes(reason("windows", 109), "has ended");
  assertStringIncludes(reason("windows", 232), "has ended");
  assertStringIncludes(reason("windows", 32), "another program has it open");
  assertStringIncludes(reason("windows", 19), "read-only");
  assertStringIncludes(reason("windows", 267), "a folder was expected");
  for (const code of [20, 21, 27, 28, 30]) assertEquals(reason("windows", code), `no (os error ${code})`);
  const denied = new Deno.errors.PermissionDenied("Access is denied. (os error 5)");
  assertMatch(ioReason("read", denied, "windows"), /may be read, and is no folder$/);
  assertMatch(ioReason("list", denied, "windows"), /may be read$/);
});

/** A rename that fails `times` times, and how often it was called. */
function failing(times: number, message: string) {
  const calls: string[] = [];
  const rename = (from: string, to: string) => {
    calls.push(`${from} ${to}`);
    return calls.length > times ? Promise.resolve() : Promise.reject(new Error(message));
  };
  return { calls, rename };
}

Deno.test("replaceFile: on Windows a file that is held open for a moment is waited for, elsewhere none is", async () => {
  const held = "The process cannot access the file (os error 32)";
  const moment = failing(3, held);
  await replaceFile("a", "b", { os: "windows", rename: moment.rename });
  assertEquals(moment.calls, Array(4).fill("a b"));
  for (const [os, message] of [["windows", "disk full (os error 112)"], ["linux", held], ["darwin", held]] as const) {
    const { calls, rename } = failing(1, message);
    await assertRejects(() => replaceFile("a", "b", { os, rename }), Error, message);
    assertEquals(calls.length, 1);
  }
});
