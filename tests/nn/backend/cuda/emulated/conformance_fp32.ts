/** The conformance kits of the fixtures; `emulated_test.ts` runs them on the emulated device. */
import { assert } from "@std/assert";
import { CudaBackend } from "../../../../../nn/backend/cuda/cuda_backend.ts";
import { checkKit } from "../../../../programs/conformance/check.ts";
import { readKits } from "../../../../programs/conformance/kit.ts";

for (const kit of await readKits(new URL("../../../../fixtures/conformance/", import.meta.url).pathname)) {
  Deno.test(`conformance: kit ${kit.name} on cuda fp32`, async () => {
    // Measuring plans would take most of the time here.
    using backend = await CudaBackend.open({ precision: "fp32", deterministic: true, cacheFolder: null });
    for (const { group, worst, worstName, limit, passed } of await checkKit(kit, backend)) {
      assert(passed, `${group}: ${worstName} is off by ${worst}, limit ${limit}`);
    }
  });
}
