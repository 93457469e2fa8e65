/** What a site consists of, and what is refused. */
import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { decodeSafetensors } from "../../../data/formats/safetensors.ts";
import { SHIPPED_MODEL } from "../../../run/shipped_model.ts";
import { writeSite } from "../../../viz/site/write_site.ts";
import { runTask } from "../../helpers/task.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

/** Most bytes of engine, networks, prior and edits together. */
const MOST_SCRIPT_BYTES = 120_000;

Deno.test("writeSite: relative addresses, weights in 16 bits, small scripts without Deno or Node; written again, it is the same", async () => {
  await using folder = await TemporaryFolder.make();
  const out = join(folder.path, "site"), written = await writeSite(SHIPPED_MODEL, out);
  const names = [...Deno.readDirSync(out)].map(({ name }) => name).sort();
  assertEquals(written.map(({ path }) => path).sort(), names.map((name) => join(out, name)));
  const page = await Deno.readTextFile(join(out, "index.html"));
  const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address]) => address);
  assertEquals(addresses.filter((address) => names.includes(address)), ["style.css", "main.js"]);
  assert(addresses.every((address) => !/^[/]|^https?:/.test(address)), addresses.join());
  const scripts = await Promise.all(
    ["worker.js", "webgpu.js", "wasm.js"].map((name) => Deno.readTextFile(join(out, name))),
  );
  for (const script of scripts) assert(!/\bDeno\.|["']node:/.test(script));
  const [worker, webgpu] = scripts.map(({ length }) => length);
  assert(worker + webgpu <= MOST_SCRIPT_BYTES, `${worker} + ${webgpu} bytes`);
  const weights = await Deno.readFile(join(out, "weights.safetensors"));
  const { tensors } = decodeSafetensors(weights, "weights");
  assertEquals(tensors.get("generator.conv2.filter")?.dtype, "F16");
  assertEquals([...tensors.keys()].filter((name) => /^(adam|discriminator)\b/.test(name)), []);
  await writeSite(SHIPPED_MODEL, out);
  assertEquals(await Deno.readFile(join(out, "weights.safetensors")), weights);
});

Deno.test("deno task viz site: says what it refuses, and leaves it as it is", async () => {
  await using folder = await TemporaryFolder.make();
  await folder.write("notes/mine.txt", "mine");
  const notes = join(folder.path, "notes");
  const { code, err } = await runTask("viz", ["site", "--out", notes]);
  assertEquals(code, 1);
  assertMatch(err, /^error: .*notes holds something else than a site; name another folder\n$/);
  assertEquals([...Deno.readDirSync(notes)].map(({ name }) => name), ["mine.txt"]);
  const site = join(folder.path, "site");
  await assertRejects(() => writeSite(join(folder.path, "none"), site), UserError, "there is no folder");
  await assertRejects(() => writeSite(SHIPPED_MODEL, join(notes, "mine.txt")), UserError, "mine.txt is a file");
  assertEquals([...Deno.readDirSync(folder.path)].map(({ name }) => name), ["notes"]);
});
