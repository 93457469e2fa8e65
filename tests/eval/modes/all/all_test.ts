/** `deno task eval --mode all` as a person calls it. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { MODES } from "../../../../eval/modes/modes.ts";
import { folderState } from "../../../helpers/folder_state.ts";
import { assertRefused, runTask } from "../../../helpers/task.ts";
import { TemporaryFolder } from "../../../helpers/temporary_folder.ts";

async function call(folder: TemporaryFolder, task: string, line: string): Promise<string> {
  const { code, out, err } = await runTask(task, line.split(" "), { cwd: folder.path });
  assertEquals(code, 0, err);
  return out;
}

Deno.test("deno task eval --mode all: a page whose links and pictures are all there; again, it finds all done", async () => {
  await using folder = await TemporaryFolder.make();
  await call(folder, "train", "--preset tiny --grid 32x16x32 --scenes 40 --threads 2 --no-evaluate --out run");
  const line = "--mode all --run run --count 4 --pairs 2 --steps 4 --threads 2 --out all";
  await call(folder, "eval", line);
  const page = await Deno.readTextFile(folder.join("all/index.html"));
  const links = [...page.matchAll(/(?:src|href)="([^"#]+)"/g)].map(([, link]) => decodeURIComponent(link));
  for (const link of new Set(links)) {
    assert((await Deno.stat(folder.join("all", link))).size > 0, link);
    assert(!link.startsWith("/") && !link.includes(":"), link);
  }
  for (const file of ["noise0.png", "latent.svg", "interpolation0-1.gif", "reconstructions.png", "curves.svg"]) {
    assert(links.includes(file), file);
  }
  for (
    const id of [
      "reconstruction",
      "generation",
      "completion",
      "extension",
      "interpolation",
      "noise",
      "latent",
      "curves",
      "options",
    ]
  ) {
    assertStringIncludes(page, `<section id="${id}">`);
    assertStringIncludes(page, `<a href="#${id}">`);
  }
  assertEquals(page.match(/<img /g)!.length, page.match(/<img [^>]*alt="[^"]{20,}"/g)!.length);
  assertStringIncludes(page, "deno task eval --mode noise --run run --out all --step 8");

  const before = await folderState(folder.join("all"));
  const again = await call(folder, "eval", line);
  assertEquals(await folderState(folder.join("all")), before);
  assertEquals(again.match(/finished already|generated already/g)!.length, MODES.length);

  // A part alone, by the command on the page, is found done, too.
  const noise = await call(folder, "eval", "--mode noise --run run --out all --step 8 --threads 2");
  assertStringIncludes(noise, "4 of 4 cells were finished already");
  assertEquals(await folderState(folder.join("all")), before);
});

Deno.test("deno task eval --mode all: a flat code has no cells, which is said; noise alone refuses it", async () => {
  await using folder = await TemporaryFolder.make();
  await call(folder, "train", "--preset tiny --model vae-200 --iterations 2 --threads 2 --no-evaluate --out flat");
  const out = await call(
    folder,
    "eval",
    "--mode all --run flat --count 3 --pairs 2 --steps 2 --no-metrics --threads 2",
  );
  assertStringIncludes(out, "The code of this run is flat: no cells to perturb.");
  const page = await Deno.readTextFile(folder.join("flat/evaluation/step-000002/index.html"));
  assert(!page.includes('id="noise"') && page.includes('id="latent"'));
  const before = await folderState(folder.path);
  const noise = ["--mode", "noise", "--run", "flat", "--threads", "2", "--out", "none"];
  assertRefused(await runTask("eval", noise, { cwd: folder.path }), "flat code of 200 numbers", "fc-alphagan");
  assertEquals(await folderState(folder.path), before);
});
