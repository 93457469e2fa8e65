/**
 * The device breaks by a call (arguments: function, how manieth) of an engine that has plans on disk: the error is the
 * device's, and the plans stay. `emulated_test.ts` runs it once a moment, since a broken device stays broken.
 */
import { assert, assertEquals } from "@std/assert";
import { LibraryError } from "../../../../../ffi/mod.ts";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import type { Precision } from "../../../../../nn/backend/precision.ts";
import { TemporaryFolder } from "../../../../helpers/temporary_folder.ts";
import { breakDevice, callsOf } from "./control.ts";
import { workload } from "./workload.ts";

const ILLEGAL_ADDRESS = 700;
const [functionName, nth, second] = Deno.args;

await using folder = await TemporaryFolder.make();
const cacheFolder = folder.path;

async function life(precision: Precision): Promise<void> {
  using engine = await CudaBackend.open({ cacheFolder, precision });
  workload(engine);
}

function storedPlans(): Record<string, unknown> {
  const [file] = [...Deno.readDirSync(folder.join("plans"))];
  return JSON.parse(Deno.readTextFileSync(folder.join("plans", file.name)));
}

await life("fp32");
const before = storedPlans();
assert(Object.keys(before).length > 2);
// With the plans from disk, or choosing others beside them.
const called = callsOf(functionName);
breakDevice(functionName, Number(nth), ILLEGAL_ADDRESS);
let error: unknown = null;
try {
  await life(second as Precision);
} catch (thrown) {
  error = thrown;
}
assert(callsOf(functionName) - called >= Number(nth), "the moment never came");
assert(error instanceof LibraryError, String(error));
assertEquals([error.library === "cuDNN" || error.library === "cuBLAS", error.status], [false, ILLEGAL_ADDRESS]);
const after = storedPlans();
for (const [key, plan] of Object.entries(before)) assertEquals(after[key], plan, key);
