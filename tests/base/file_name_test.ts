import { assert, assertEquals } from "@std/assert";
import { basename, join } from "@std/path";
import fc from "fast-check";
import { distinctNames, fileName, isFileName } from "../../base/file_name.ts";
import { hostileNames } from "../helpers/hostile_names.ts";

Deno.test("fileName: one visible part of a path on any system, of bounded length, whatever the name", () => {
  fc.assert(
    fc.property(hostileNames, (name) => {
      const safe = fileName(name), bytes = new TextEncoder().encode(safe);
      assertEquals(basename(join("/out", safe)), safe);
      assert(bytes.length > 0 && bytes.length <= 104, `${bytes.length} bytes`);
      assertEquals(new TextDecoder().decode(bytes), safe);
      // deno-lint-ignore no-control-regex -- control characters are what is looked for
      assert(!/[<>:"/\\|?*\x00-\x1f\x7f]|^\.|[. ]$/.test(safe), safe);
      assert(!/^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(safe), safe);
      assertEquals(fileName(safe), safe);
    }),
    { examples: [[`com1.txt/${"x".repeat(300)}`]] },
  );
});

Deno.test("fileName: ordinary names stay, the others by example", () => {
  for (const name of ["NYU0001_0000", "rooms#rooms.00000", "room-000123-bedroom", "Küche", "部屋", "scene0000_00"]) {
    assertEquals(fileName(name), name);
    assert(isFileName(name));
  }
  const cases: [string, string][] = [
    ["..", "_"],
    ["", "_"],
    ["../../etc/passwd", "__.._etc_passwd"],
    ["/etc/passwd", "_etc_passwd"],
    ["C:\\x", "C_x"],
    ["nul.txt", "nul_.txt"],
    [".hidden", "_hidden"],
    ["a\nb", "a b"],
    ["a\0b", "a_b"],
    [`con${" ".repeat(200)}x`, "con_"],
    ["é".repeat(200), "é".repeat(50)],
    [`a.${"b".repeat(300)}`, `a.${"b".repeat(98)}`],
  ];
  for (const [name, expected] of cases) {
    assertEquals(fileName(name), expected);
    assert(!isFileName(name));
  }
});

Deno.test("distinctNames: no two fall together, also on systems that know no case; the first keeps its name", () => {
  assertEquals(distinctNames(["a", "b", "a", "A", "a", "a-2"]), ["a", "b", "a-2", "A-3", "a-4", "a-2-2"]);
  const paths = fc.array(fc.constantFrom("a", "A", "a-2", "A-2", "a-2-2", "b/c", "B/c"), { maxLength: 30 });
  fc.assert(fc.property(paths, (paths) => {
    const distinct = distinctNames(paths);
    assertEquals(new Set(distinct.map((path) => path.toLowerCase())).size, paths.length);
    distinct.forEach((path, i) => assert(path.startsWith(paths[i])));
  }));
});
