/**
 * House rules as a lint plugin.
 *
 * `house/import-direction`: data flows one way through the rooms, so imports do too (docs/architecture.md).
 * The same rule keeps npm packages out of ffi/ and nn/.
 */

/** Rooms that each room may import from, besides itself. A value ending in "/" is a whole room. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  base: [],
  ffi: [],
  data: ["base/"],
  nn: ["base/", "data/safetensors.ts", "data/npy.ts", "data/classes.ts"],
  train: ["base/", "nn/", "data/"],
  eval: [
    "base/",
    "nn/",
    "data/",
    ...["checkpoint", "config", "run_folder", "state"].map((f) => `train/${f}.ts`),
  ],
  viz: ["base/", "data/"],
  doctor: ["base/", "ffi/", "nn/"],
  compare: ["base/", "nn/", "data/", "train/", "eval/", "viz/"],
};
const CUDA_BACKEND = "nn/backend/cuda/";

/** `nn/ops/conv.ts` for an absolute file name inside the project, or null outside every room. */
function inProject(fileName: string): string | null {
  const path = fileName.replaceAll("\\", "/");
  const root = new URL("../../", import.meta.url).pathname;
  return path.startsWith(root) ? path.slice(root.length) : null;
}

/** Why `from` (a path in the project) may not import `specifier`, or null if it may. */
export function importProblem(from: string, specifier: string): string | null {
  const room = from.split("/")[0];
  if (!(room in MAY_IMPORT)) return null;
  if (!specifier.startsWith(".")) {
    const npm = !specifier.startsWith("@std/") && !specifier.startsWith("node:");
    return npm && (room === "nn" || room === "ffi") ? `${room}/ uses no npm package, found "${specifier}"` : null;
  }
  // A room's main.ts puts a command together from all rooms.
  if (/^[a-z]+\/main\.ts$/.test(from)) return null;
  const target = new URL(specifier, `file:///${from}`).pathname.slice(1);
  const targetRoom = target.split("/")[0];
  if (targetRoom === room && target.includes("/")) return null;
  if (from.startsWith(CUDA_BACKEND) && targetRoom === "ffi") return null;
  return MAY_IMPORT[room].some((allowed) => target === allowed || (allowed.endsWith("/") && target.startsWith(allowed)))
    ? null
    : `${room}/ may not import ${target}; allowed: ${MAY_IMPORT[room].join(", ") || "nothing"}`;
}

const plugin: Deno.lint.Plugin = {
  name: "house",
  rules: {
    "import-direction": {
      create(context) {
        const from = inProject(context.filename);
        const check = (node: { source: Deno.lint.StringLiteral | null }) => {
          if (from === null || node.source === null) return;
          const problem = importProblem(from, node.source.value);
          if (problem) context.report({ node: node.source, message: problem });
        };
        return { ImportDeclaration: check, ExportNamedDeclaration: check, ExportAllDeclaration: check };
      },
    },
  },
};

export default plugin;
