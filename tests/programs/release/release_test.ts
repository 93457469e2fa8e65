import { assertEquals, assertThrows } from "@std/assert";
import { join } from "@std/path";
import { UserError } from "../../../base/errors.ts";
import { VERSION } from "../../../base/version.ts";
import { ROOT } from "../../helpers/task.ts";
import { releasedTexts } from "./texts.ts";

const TEXTS = {
  project: `{\n  "name": "x",\n  "version": "1.9.0"\n}\n`,
  version: `export const VERSION = "1.9.0";\n`,
  changelog: "# Changelog\n\n## Unreleased\n\n- New.\n\n## 1.9.0, 2026-01-01\n\n- Old.\n",
};

Deno.test("base/version.ts: the version is that of deno.json", async () => {
  assertEquals(JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json"))).version, VERSION);
});

Deno.test("releasedTexts: the version in both places, and what was not released under it", () => {
  assertEquals(releasedTexts(TEXTS, "1.10.0", "2026-02-01"), {
    project: `{\n  "name": "x",\n  "version": "1.10.0"\n}\n`,
    version: `export const VERSION = "1.10.0";\n`,
    changelog: "# Changelog\n\n## Unreleased\n\n## 1.10.0, 2026-02-01\n\n- New.\n\n## 1.9.0, 2026-01-01\n\n- Old.\n",
  });
});

Deno.test("releasedTexts: refuses what is no next version, files that disagree, and a release without changes", () => {
  const refused = (texts: typeof TEXTS, version: string, message: string) =>
    assertThrows(() => releasedTexts(texts, version, "2026-02-01"), UserError, message);
  for (const version of ["1.9.0", "1.8.9", "0.10.0", "2", "1.10", "v2.0.0", "2.0.0-beta", "01.10.0"]) {
    refused(TEXTS, version, `version ${version}: expected one that follows 1.9.0`);
  }
  refused({ ...TEXTS, version: `export const VERSION = "1.8.0";\n` }, "2.0.0", "base/version.ts");
  const { changelog } = releasedTexts(TEXTS, "1.10.0", "2026-02-01");
  refused({ ...TEXTS, changelog }, "2.0.0", "CHANGELOG.md: there is nothing");
  refused({ ...TEXTS, changelog: "# Changelog\n" }, "2.0.0", "CHANGELOG.md");
});
