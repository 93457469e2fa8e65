import { createHash } from "node:crypto";
import { relative } from "@std/path";

/** SHA-256 of every file below `root` by its path there, and "folder" for each folder: equal states, equal contents. */
export async function folderState(root: string): Promise<Map<string, string>> {
  const state = new Map<string, string>();
  const visit = async (folder: string): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const path = `${folder}/${name}`;
      state.set(relative(root, path), isDirectory ? "folder" : await sha256(path));
      if (isDirectory) await visit(path);
    }
  };
  await visit(root);
  return new Map([...state].sort(([a], [b]) => a < b ? -1 : 1));
}

async function sha256(path: string): Promise<string> {
  return createHash("sha256").update(await Deno.readFile(path)).digest("hex");
}
