/** Where relative paths start from. */
import { fromFileUrl, resolve } from "@std/path";

/** Folder of `deno.json`, in which `deno task` starts commands, wherever the person who calls it stands. */
const PROJECT = resolve(fromFileUrl(new URL("../", import.meta.url)));

/**
 * Goes to the folder in which `deno task` was called, which it tells in `INIT_CWD`, so that paths are those that the
 * caller sees. Does nothing where `deno task` did not start the command in the project's folder.
 */
export function enterCallersFolder(): void {
  if (Deno.permissions.querySync({ name: "env", variable: "INIT_CWD" }).state !== "granted") return;
  const caller = Deno.env.get("INIT_CWD");
  if (caller && resolve(Deno.cwd()) === PROJECT) Deno.chdir(caller);
}
