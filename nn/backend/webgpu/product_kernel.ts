/** The kernel of all products: tiles of C, made from tiles of A and B in the workgroup's own memory. */
import type { Product, Side } from "./products.ts";

/** What a workgroup computes: `rows` × `columns` of C, each thread `threadRows` × `threadColumns`, `terms` at a time. */
export interface Tile {
  readonly rows: number;
  readonly columns: number;
  readonly threadRows: number;
  readonly threadColumns: number;
  readonly terms: number;
}

/**
 * Tiles: the most columns and rows of C that each is for, then its rows and columns and those of a thread. In software
 * eight threads are one vector, which needs no switching at barriers; larger tiles would compute faster there, but take
 * seconds to compile.
 */
const TILES = {
  gpu: [
    [16, Infinity, 128, 16, 8, 4],
    [32, Infinity, 128, 32, 8, 4],
    [Infinity, 16, 16, 128, 4, 8],
    [Infinity, Infinity, 64, 64, 4, 4],
  ],
  software: [
    [8, Infinity, 64, 8, 8, 8],
    [16, Infinity, 64, 16, 8, 16],
    [Infinity, 8, 8, 64, 8, 8],
    [Infinity, 16, 16, 64, 16, 8],
    [Infinity, Infinity, 32, 32, 8, 16],
  ],
} as const;

/** The tile for a product on a GPU, or on the processor by way of WebGPU. */
export function tileOf({ rows, columns, terms }: Product, software: boolean): Tile {
  const [, , down, across, threadRows, threadColumns] = TILES[software ? "software" : "gpu"]
    .find(([mostColumns, mostRows]) => columns <= mostColumns && rows <= mostRows)!;
  return { rows: down, columns: across, threadRows, threadColumns, terms: Math.min(16, Math.ceil(terms / 4) * 4) };
}

/** Steps of a class of a product: so many tiles of terms, one after the other. */
export function stepsOf({ stages, terms }: Product, tile: Tile): number {
  return stages * Math.ceil(terms / tile.terms);
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** WGSL that brings a tile of A or B into the workgroup's memory: a thread takes four outer neighbours at a time. */
function loads(name: "A" | "B", side: Side, size: number, { terms }: Tile, threads: number) {
  const quads = size / 4, together = Math.max(1, threads / quads), origin = name === "A" ? "row0" : "column0";
  const before: string[] = [], inStep: string[] = [];
  for (const load of range(Math.ceil(quads / threads))) {
    const quad = `quad_${name}${load}`, keys = range(4).map((i) => `${name}${load}_${i}`);
    // Neighbouring threads take what lies side by side.
    const [first, own] = side.contiguous === "inside"
      ? [`thread % ${together}u`, `thread / ${together}u`]
      : [`thread / ${Math.min(quads, threads)}u`, `thread % ${Math.min(quads, threads)}u`];
    before.push(`let ${quad} = ${load * threads}u + ${own};`);
    keys.forEach((key, i) => before.push(side.outside(key, `(${origin} + ${quad} * 4u + ${i}u)`)));
    inStep.push("{", ...keys.map((key) => side.staged(key)));
    inStep.push(`for (var term = ${first}; term < ${terms}u; term += ${together}u) {
      let t = first + term; var four = vec4f(); ${side.inside(name, "t")}`);
    keys.forEach((key, i) => {
      const { exists, index } = side.element(key, name);
      inStep.push(`if (t < terms && ${exists}) { four[${i}] = ${name.toLowerCase()}_at(${index}); }`);
    });
    inStep.push(`tile${name}[term * ${quads + 1}u + ${quad}] = four; } }`);
  }
  return { before: before.join("\n  "), inStep: inStep.join("\n    ") };
}

/**
 * The kernel of a product with operands `a`, `b` and `c`. Parts of the steps make partial results of their own, one
 * behind the other in `c`. Parameters: those of the product, `parts`, `size` of a partial result, and `accumulate`.
 */
export function productKernel(product: Product, tile: Tile): string {
  const { threadRows, threadColumns } = tile, quads = range(threadColumns / 4), rows = range(threadRows);
  const across = tile.columns / threadColumns, threads = across * tile.rows / threadRows;
  const a = loads("A", product.a, tile.rows, tile, threads), b = loads("B", product.b, tile.columns, tile, threads);
  const first = (axis: Product["along"]) => product.along === axis ? "P.first" : "0u";
  const eachSum = (text: (i: number, j: number) => string) =>
    rows.flatMap((i) => quads.map((j) => text(i, j))).join(" ");
  return `
var<workgroup> tileA: array<vec4f, ${tile.terms * (tile.rows / 4 + 1)}>;
var<workgroup> tileB: array<vec4f, ${tile.terms * (tile.columns / 4 + 1)}>;
fn place(class_: u32, row: u32) -> u32 { ${product.place} }
fn put(at: u32, column: u32, columns: u32, values: vec4f) {
  for (var i = 0u; i < min(4u, columns - column); i++) {
    var value = values[i];
    if (P.accumulate != 0u${product.along === "terms" ? " || P.first > 0u" : ""}) { value += c_at(at + column + i); }
    set_c(at + column + i, value);
  }
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let class_ = group.z / P.parts; let part = group.z % P.parts;
  ${product.prologue}
  let row0 = ${first("rows")} + group.x * ${tile.rows}u; let column0 = ${first("columns")} + group.y * ${tile.columns}u;
  if (row0 >= rows) { return; }
  let across = thread % ${across}u; let down = thread / ${across}u;
  let stageSteps = (terms - ${first("terms")} + ${tile.terms - 1}u) / ${tile.terms}u; let steps = stages * stageSteps;
  let partSteps = (steps + P.parts - 1u) / P.parts;
  ${a.before}
  ${b.before}
  ${eachSum((i, j) => `var c_${i}_${j} = vec4f();`)}
  for (var step = part * partSteps; step < min(steps, (part + 1u) * partSteps); step++) {
    let stage = step / stageSteps; let first = ${first("terms")} + step % stageSteps * ${tile.terms}u;
    ${product.stage}
    ${a.inStep}
    ${b.inStep}
    workgroupBarrier();
    for (var t = 0u; t < ${tile.terms}u; t++) {
      ${
    range(threadRows / 4).map((i) =>
      `let a_${i} = tileA[t * ${tile.rows / 4 + 1}u + down * ${threadRows / 4}u + ${i}u];`
    ).join(" ")
  }
      ${
    quads.map((j) => `let b_${j} = tileB[t * ${tile.columns / 4 + 1}u + across * ${quads.length}u + ${j}u];`).join(" ")
  }
      ${eachSum((i, j) => `c_${i}_${j} = fma(vec4f(a_${i >> 2}[${i & 3}]), b_${j}, c_${i}_${j});`)}
    }
    workgroupBarrier();
  }
  ${
    rows.map((i) =>
      `{ let row = row0 + down * ${threadRows}u + ${i}u;
    if (row < rows) { let at = part * P.size + place(class_, row);
      ${
        quads.map((j) =>
          `{ let column = column0 + across * ${threadColumns}u + ${4 * j}u; ` +
          `if (column < columns) { put(at, column, columns, c_${i}_${j}); } }`
        ).join(" ")
      } } }`
    ).join("\n  ")
  }
}`;
}
