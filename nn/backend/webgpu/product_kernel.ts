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

/** The tile for a product. Narrow ones lose less where C is narrow. Sizes of tiles are multiples of 4. */
export function tileOf({ rows, columns, terms }: Product): Tile {
  const depth = Math.min(16, Math.ceil(terms / 4) * 4);
  if (columns <= 16) return { rows: 128, columns: 16, threadRows: 8, threadColumns: 4, terms: depth };
  if (columns <= 32) return { rows: 128, columns: 32, threadRows: 8, threadColumns: 4, terms: depth };
  if (rows <= 16) return { rows: 16, columns: 128, threadRows: 4, threadColumns: 8, terms: depth };
  return { rows: 64, columns: 64, threadRows: 4, threadColumns: 4, terms: depth };
}

/** Steps of a class of a product: so many tiles of terms, one after the other. */
export function stepsOf({ stages, terms }: Product, tile: Tile): number {
  return stages * Math.ceil(terms / tile.terms);
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** WGSL that brings a tile of A or B into the workgroup's memory: four outer neighbours at a time. */
function loads(name: "A" | "B", side: Side, size: number, { terms }: Tile, threads: number) {
  const quads = size / 4, total = quads * terms, origin = name === "A" ? "row0" : "column0";
  const before: string[] = [], inStep: string[] = [];
  for (const load of range(Math.ceil(total / threads))) {
    const key = `${name}${load}`, slot = `slot_${key}`, keys = range(4).map((i) => `${key}${i}`);
    const [term, quad] = side.contiguous === "inside"
      ? [`${slot} % ${terms}u`, `${slot} / ${terms}u`]
      : [`${slot} / ${quads}u`, `${slot} % ${quads}u`];
    before.push(`let ${slot} = thread + ${load * threads}u; let term_${key} = ${term}; let quad_${key} = ${quad};`);
    keys.forEach((each, i) => before.push(side.outside(each, `(${origin} + quad_${key} * 4u + ${i}u)`)));
    const guard = (load + 1) * threads > total ? `if (${slot} < ${total}u)` : "";
    inStep.push(`${guard} { let t = first + term_${key}; var four = vec4f();`);
    inStep.push(`if (t < terms) { ${side.inside(key, "t")}`);
    keys.forEach((each, i) => {
      const { exists, index } = side.element(each, key);
      inStep.push(`${side.staged(each)} if (${exists}) { four[${i}] = ${name.toLowerCase()}_at(${index}); }`);
    });
    inStep.push(`} tile${name}[term_${key} * ${quads + 1}u + quad_${key}] = four; }`);
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
  const eachSum = (text: (i: number, j: number) => string) =>
    rows.flatMap((i) => quads.map((j) => text(i, j))).join(" ");
  return `
var<workgroup> tileA: array<vec4f, ${tile.terms * (tile.rows / 4 + 1)}>;
var<workgroup> tileB: array<vec4f, ${tile.terms * (tile.columns / 4 + 1)}>;
fn place(class_: u32, row: u32) -> u32 { ${product.place} }
fn put(at: u32, column: u32, columns: u32, values: vec4f) {
  for (var i = 0u; i < min(4u, columns - column); i++) {
    var value = values[i];
    if (P.accumulate != 0u) { value += c_at(at + column + i); }
    set_c(at + column + i, value);
  }
}
@compute @workgroup_size(${threads})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let class_ = group.z / P.parts; let part = group.z % P.parts;
  ${product.prologue}
  let row0 = group.x * ${tile.rows}u; let column0 = group.y * ${tile.columns}u;
  if (row0 >= rows) { return; }
  let across = thread % ${across}u; let down = thread / ${across}u;
  let stageSteps = (terms + ${tile.terms - 1}u) / ${tile.terms}u; let steps = stages * stageSteps;
  let partSteps = (steps + P.parts - 1u) / P.parts;
  ${a.before}
  ${b.before}
  ${eachSum((i, j) => `var c_${i}_${j} = vec4f();`)}
  for (var step = part * partSteps; step < min(steps, (part + 1u) * partSteps); step++) {
    let stage = step / stageSteps; let first = step % stageSteps * ${tile.terms}u;
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
