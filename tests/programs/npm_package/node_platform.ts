/**
 * What the program takes from Deno, for Node: of the npm package every door and worker imports this first, and under
 * Deno an empty module in its place. Node 22 lacks some of the language, which core-js adds. A run folder has no lock
 * there, and no FFI: the CPU engine is WebAssembly's.
 */
import "core-js/actual/index.js";
import { Deno as shim } from "@deno/shim-deno";
import { Float16Array } from "@petamoriken/float16";
import { fsync } from "node:fs";
import { availableParallelism } from "node:os";
import WebWorker from "web-worker";

/** Errors that the shim leaves out; Node's own reach people with their code instead. */
const ERRORS = ["NotADirectory", "IsADirectory", "NotCapable", "FilesystemLoop"];

const errors = shim.errors as unknown as Record<string, unknown>;
for (const name of ERRORS) errors[name] ??= class extends Error {};

interface OpenFile {
  readonly rid: number;
}
Object.assign(shim.FsFile.prototype, {
  sync(this: OpenFile): Promise<void> {
    return new Promise((resolve, reject) => fsync(this.rid, (error) => error ? reject(error) : resolve()));
  },
  tryLock: () => Promise.resolve(true),
});

const globals = globalThis as unknown as Record<string, unknown>;
globals.Deno ??= shim;
globals.Float16Array ??= Float16Array;
globals.Worker ??= WebWorker;
globals.navigator ??= { hardwareConcurrency: availableParallelism() };
