import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { markdownTable } from "../../base/table.ts";
import { paragraphsOf, reportHtml, tablesOf } from "../../eval/report.ts";

const PAGE = reportHtml({
  title: "run <1> & more",
  lead: "Step 6",
  sections: [{
    id: "recons",
    title: "Reconstruction",
    text: ["a < b"],
    command: "deno task eval --run 'runs/x'",
    pictures: [{ file: "re con/a#b.png", alt: 'rooms, "real" and not', caption: "Rooms" }],
    tables: [{ caption: "IoU", header: ["class", "IoU"], rows: [["wall", "0.5"], ["<script>", "-"]] }],
    files: ["real.npy"],
  }],
  facts: [["seed", "0"]],
});

Deno.test("reportHtml: text is escaped, paths are addresses, every picture has a text", () => {
  assertStringIncludes(PAGE, "<h1>run &lt;1&gt; &amp; more</h1>");
  assertStringIncludes(PAGE, 'src="re%20con/a%23b.png" alt="rooms, &quot;real&quot; and not"');
  assertStringIncludes(PAGE, '<th scope="row">&lt;script&gt;</th><td>-</td>');
  assertStringIncludes(PAGE, '<a href="#recons">');
  assert(!PAGE.includes("<script"));
});

Deno.test("reportHtml: tags are closed in order, nothing comes from another server", () => {
  const open: string[] = [];
  for (const [, close, name] of PAGE.replace(/<!DOCTYPE html>/, "").matchAll(/<(\/?)([a-z0-9]+)[^>]*>/g)) {
    if (["meta", "img"].includes(name)) continue;
    if (close) assertEquals(open.pop(), name);
    else open.push(name);
  }
  assertEquals(open, []);
  assert(!/https?:|\/\//.test(PAGE));
});

Deno.test("tablesOf and paragraphsOf: what markdownTable wrote comes back", () => {
  const table = markdownTable([["name", "r"], ["a|b", "0.5"], ["longer", "–"]]);
  assertEquals(new Set(table.split("\n").map((line) => line.length)).size, 1, "aligned, but for what is escaped");
  const markdown = `# Title\n\nSome *text*\nin two lines.\n\n${table}\n\nMore.\n\n## Part\n\n${table}\n`;
  const found = { header: ["name", "r"], rows: [["a|b", "0.5"], ["longer", "–"]] };
  assertEquals(tablesOf(markdown, "T"), [{ caption: "in two lines.", ...found }, { caption: "Part", ...found }]);
  assertEquals(paragraphsOf(markdown), ["Some text in two lines.", "More."]);
});
