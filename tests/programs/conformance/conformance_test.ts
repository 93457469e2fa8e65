/** The kits in tests/fixtures/conformance on every engine that the program has. */
import { assert } from "@std/assert";
import { checkKit } from "./check.ts";
import { ENGINE_NAMES, openEngine } from "./engines.ts";
import { readKits } from "./kit.ts";

const KITS = await readKits(new URL("../../fixtures/conformance/", import.meta.url).pathname);

for (const engine of ENGINE_NAMES) {
  for (const kit of KITS) {
    Deno.test({
      name: `conformance: kit ${kit.name} on ${engine}`,
      sanitizeOps: true,
      sanitizeResources: true,
      async fn() {
        using backend = await openEngine(engine, 2);
        for (const { group, worst, worstName, limit, passed } of await checkKit(kit, backend)) {
          assert(passed, `${group}: ${worstName} is off by ${worst}, limit ${limit}`);
        }
      },
    });
  }
}
