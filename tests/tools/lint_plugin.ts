/**
 * House rules as a lint plugin.
 *
 * `house/import-direction`: data flows one way through the rooms, so imports do too (docs/architecture.md).
 * The same rule keeps npm packages out of ffi/ and nn/.
 */
import { relative, resolve } from "@std/path";

const ROOT = resolve(import.meta.dirname!, "../..");

/**
 * Rooms, and the rooms that each may import from besides itself: the table of docs/architecture.md. A folder named here
 * inside another one is a room of its own; a room reaches into no other one that is not listed.
 */
const MAY_IMPORT: Record<string, readonly string[]> = {
  "base": [],
  "ffi": [],
  "data": ["base"],
  "nn": ["base", "data", "nn/backend/cuda"],
  "nn/backend/cuda": ["base", "data", "nn", "ffi"],
  "nn/group": ["base", "ffi", "nn", "nn/backend/cuda"],
  "run": ["base", "data", "nn"],
  "viz/draw": ["base", "data", "run"],
  "train": ["base", "data", "nn", "nn/group", "run"],
  "eval": ["base", "data", "nn", "run", "viz/draw"],
  "eval/study": ["base", "data", "nn", "run", "viz/draw", "train", "eval"],
  "viz": ["base", "data", "run", "viz/draw"],
  "viz/site": ["base", "data", "nn", "run", "eval", "viz"],
  "doctor": ["base", "ffi", "nn", "nn/backend/cuda", "nn/group"],
};

/** The innermost room that holds `path`, or null outside every room. */
function roomOf(path: string): string | null {
  const rooms = Object.keys(MAY_IMPORT).filter((room) => path.startsWith(`${room}/`));
  return rooms.sort((a, b) => b.length - a.length)[0] ?? null;
}

/** `nn/ops/conv.ts` for an absolute file name inside the project, or null outside every room. */
function inProject(fileName: string): string | null {
  const path = relative(ROOT, fileName).replaceAll("\\", "/");
  return /^(\.\.\/|[A-Za-z]:)/.test(path) ? null : path; // or on another drive
}

/** Why `from` (a path in the project) may not import `specifier`, or null if it may. */
export function importProblem(from: string, specifier: string): string | null {
  const room = roomOf(from);
  if (room === null) return null;
  if (!specifier.startsWith(".")) {
    const npm = !specifier.startsWith("@std/") && !specifier.startsWith("node:");
    return npm && /^(nn|ffi)\b/.test(room) ? `${room}/ uses no npm package, found "${specifier}"` : null;
  }
  // A room's main.ts puts a command together from all rooms.
  if (from.endsWith("/main.ts")) return null;
  const target = new URL(specifier, `file:///${from}`).pathname.slice(1);
  const targetRoom = roomOf(target);
  if (targetRoom === room) return null;
  return targetRoom !== null && MAY_IMPORT[room].includes(targetRoom)
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
