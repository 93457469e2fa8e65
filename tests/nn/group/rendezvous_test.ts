import { assertEquals, assertRejects } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { Host, idOfHost } from "../../../nn/group/rendezvous.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const ID = new Uint8Array(128).fill(7), PATIENCE = 60;

Deno.test("rendezvous: every rank gets the id of this run, whatever one before it left behind", async () => {
  await using folder = await TemporaryFolder.make();
  const place = folder.join("run.ranks"), size = 3;
  await folder.write("run.ranks/rank-1", "of a run that was killed");
  await folder.write("run.ranks/rank-2", "of a run that was killed");
  await folder.write("run.ranks/id", "00\nof a run that was killed\nof a run that was killed");
  {
    await using host = await Host.open(place, size, ID, PATIENCE);
    let joined = 0;
    const others = [1, 2].map((rank) => idOfHost(place, { rank, size }, PATIENCE).finally(() => joined++));
    while (joined < 2) {
      await host.refresh();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    assertEquals(await Promise.all(others), [ID, ID]);
  }
  assertEquals([...Deno.readDirSync(folder.path)], []);
});

Deno.test("rendezvous: ranks that do not come end the wait with a sentence", async () => {
  await using folder = await TemporaryFolder.make();
  const place = folder.join("run.ranks");
  await assertRejects(() => Host.open(place, 2, ID, 0), UserError, "rank 0 has heard nothing from the other 1 for 0 s");
  await assertRejects(() => idOfHost(place, { rank: 1, size: 2 }, 0), UserError, "rank 1 has heard nothing");
});
