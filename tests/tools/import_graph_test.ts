/** The shape of the whole tree of imports, those of types included; the lint rule sees one import at a time. */
import { assertEquals } from "@std/assert";
import { dirname } from "@std/path";
import { ROOT } from "../helpers/task.ts";

/** Doors and programs, from which every file of the product is reached. */
const ENTRIES = [
  ...["mod.ts", "data/mod.ts", "ffi/mod.ts", "nn/mod.ts", "viz/mod.ts"],
  ...["data/main.ts", "train/main.ts", "eval/main.ts", "eval/study/main.ts", "viz/main.ts"],
  ...["doctor/main.ts", "doctor/setup_cuda.ts", "viz/viewer/page/main.ts"],
];

interface Info {
  readonly modules: readonly {
    readonly specifier: string;
    readonly dependencies?: readonly Partial<Record<"code" | "type", { readonly specifier?: string }>>[];
  }[];
}

/** Files of the product with the files that each imports, by path in the project. */
async function importGraph(): Promise<Map<string, string[]>> {
  const graph = new Map<string, string[]>(), own = new URL("../../", import.meta.url).href;
  for (const entry of ENTRIES) {
    const args = ["info", "--json", entry], signal = AbortSignal.timeout(120_000);
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: ROOT, signal }).output();
    assertEquals(code, 0, new TextDecoder().decode(stderr));
    for (const { specifier, dependencies = [] } of (JSON.parse(new TextDecoder().decode(stdout)) as Info).modules) {
      if (!specifier.startsWith(own)) continue;
      const imported = dependencies.map(({ code, type }) => (code ?? type)?.specifier ?? "");
      graph.set(
        specifier.slice(own.length),
        imported.filter((each) => each.startsWith(own)).map((each) => each.slice(own.length)),
      );
    }
  }
  return graph;
}

const graph = await importGraph();

/** Every file that can be reached from each. */
function reachable(graph: Map<string, string[]>): Map<string, Set<string>> {
  return new Map([...graph.keys()].map((file) => {
    const found = new Set<string>(), waiting = [...graph.get(file)!];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      if (found.has(next)) continue;
      found.add(next);
      waiting.push(...graph.get(next) ?? []);
    }
    return [file, found];
  }));
}

Deno.test("imports: no circle joins files of different folders, or more than two", () => {
  const reach = reachable(graph);
  const circles = [...reach].map(([file, found]) => [...found].filter((other) => reach.get(other)?.has(file)));
  const wrong = circles.filter((files) => files.length > 2 || new Set(files.map((file) => dirname(file))).size > 1);
  assertEquals(wrong.map((files) => files.toSorted().join(" ")), []);
});

Deno.test("imports: a chain inside train/ is at most six files long", () => {
  const chainFrom = (file: string): string[] => {
    const chains = (graph.get(file) ?? []).filter((each) => each.startsWith("train/")).map(chainFrom);
    return [file, ...chains.toSorted((one, other) => other.length - one.length)[0] ?? []];
  };
  const chains = [...graph.keys()].filter((file) => file.startsWith("train/")).map(chainFrom);
  assertEquals(chains.filter(({ length }) => length > 6).map((chain) => chain.join(" > ")), []);
});
