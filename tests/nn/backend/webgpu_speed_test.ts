import { assertEquals } from "@std/assert";
import { CacheFolder } from "../../../base/cache_folder.ts";
import { isWebGpuFaster, recordSpeed } from "../../../nn/backend/webgpu_speed.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const facts = {
  ...{ name: "a card", software: false, timeStamps: false },
  ...{ bindingLimitBytes: 2 ** 30, bufferLimitBytes: 2 ** 30 },
};

Deno.test("isWebGpuFaster: only a real adapter, only the one that was measured, only if it was faster", async () => {
  await using folder = await TemporaryFolder.make();
  const cache = new CacheFolder(folder.path),
    withAdapter = (adapter: typeof facts | null) => isWebGpuFaster(cache, () => adapter);
  const unasked = () => {
    throw new Error("no adapter is opened where nothing was found");
  };
  assertEquals(isWebGpuFaster(cache, unasked), false);
  recordSpeed(facts, 1, 2, cache);
  assertEquals(isWebGpuFaster(cache, unasked), false);
  recordSpeed(facts, 2, 1, cache);
  assertEquals(withAdapter(facts), true);
  assertEquals(withAdapter({ ...facts, name: "another card" }), false);
  assertEquals(withAdapter({ ...facts, software: true }), false);
  assertEquals(withAdapter(null), false);
  recordSpeed({ ...facts, name: "another card" }, 1, 3, cache);
  assertEquals(withAdapter(facts), true);
  cache.write("webgpu_speed.json", new TextEncoder().encode("{ damaged"));
  assertEquals(isWebGpuFaster(cache, unasked), false);
});
