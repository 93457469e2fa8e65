/** The two loops that all kernels but the products are made of: over elements, and over the terms of sums. */
import type { Kernels } from "../calls.ts";
import { each, GRID_LIMIT, type Launch, type Launcher, type Operand, whole } from "./launcher.ts";
import type { Block, BufferPool, Place } from "./pool.ts";

/** Implementations of operations, on places. */
export type DeviceOperations = Kernels<{ readonly f32: Place; readonly u8: Place }>;

/** Threads of a workgroup. */
const THREADS = 256;

/** Most workgroups of a loop over elements; each thread takes several in turn. */
const ELEMENT_GROUPS = 4096;

/** Chunks that the terms of a sum are split into, and the least terms of one that are worth a workgroup. */
const CHUNKS = 256, CHUNK_TERMS = 2048;

/** Sums that neighbouring threads take at most: where they lie side by side that many columns are read at once. */
const LANES = 16;

/** A loop over elements. `body` does what belongs to element `i`, as code of {@link Launch}. */
export interface ElementLoop extends Omit<Launch, "code" | "grid"> {
  readonly body: string;
  /** Functions that it calls. */
  readonly functions?: string;
}

/**
 * Pairs of sums. `term` gives what term `j` of sum `g` adds, as a `vec2f`; `finish` does what belongs to sum `g` with
 * `sums`, both rounded, or with `exact`, a `Sum` of the WGSL functions.
 */
export interface PairSums extends Pick<Launch, "name" | "variant" | "sizes" | "factors"> {
  /** How many pairs. */
  readonly sums: number;
  /** Terms of each. */
  readonly terms: number;
  /** Whether term j of neighbouring sums lies side by side, else neighbouring terms of one sum do. */
  readonly sideBySide: boolean;
  /** What the terms are made of: `perItem` is by term, or by sum where these are apart. */
  readonly operands: Readonly<Record<string, Operand>>;
  readonly term: string;
  /** What the results are made of. */
  readonly results: Readonly<Record<string, Operand>>;
  readonly finish: string;
}

/** What operations run on. */
export class Loops {
  readonly #scratch: (Block | null)[] = [null, null];

  constructor(readonly launcher: Launcher, readonly pool: BufferPool) {}

  /** Runs a loop over elements. */
  elements({ body, functions = "", ...launch }: ElementLoop): void {
    this.launcher.launch({
      ...launch,
      grid: (items) => [Math.min(Math.ceil(items / THREADS), ELEMENT_GROUPS), 1, 1],
      code: () =>
        `${functions}
@compute @workgroup_size(${THREADS})
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = P.first + id.x; i < P.end; i += groups.x * ${THREADS}u) { ${body} }
}`,
    });
  }

  /** Sums in an order that depends on the sizes only, as exactly as double precision would. */
  sums(work: PairSums): void {
    const { name, variant, sums, terms, sideBySide, sizes, factors } = work;
    const lanes = sideBySide ? Math.min(LANES, 2 ** Math.ceil(Math.log2(sums))) : 1;
    const chunkTerms = Math.ceil(Math.max(Math.ceil(terms / CHUNKS), Math.min(terms, CHUNK_TERMS / lanes)));
    const chunks = Math.ceil(terms / chunkTerms), bySum = !sideBySide && sums > 1;
    const partials = this.scratch(0, 4 * chunks * sums);
    const cut = (operand: Operand) =>
      operand.perItem === null || bySum ? operand : each(operand.place, operand.perItem * chunkTerms, operand.margin);
    const operands = Object.fromEntries(Object.entries(work.operands).map(([name, operand]) => [name, cut(operand)]));
    const groups = Math.ceil(sums / lanes), planes = Math.ceil(groups / GRID_LIMIT);
    // Rows of sums, and columns of chunks: the range is of those that the operands are split along.
    const [sum, chunk] = bySum
      ? ["P.first + group.y", "group.x"]
      : [`(group.y + group.z * ${GRID_LIMIT}u) * ${lanes}u + lane`, "P.first + group.x"];
    this.launcher.launch({
      ...{ name, variant: [variant, lanes, bySum].join(), operands: { ...operands, partials: whole(partials) } },
      ...{ factors, sizes: { ...sizes, sums, terms, chunkTerms } },
      items: bySum ? sums : chunks,
      grid: (items) => bySum ? [chunks, items, 1] : [items, Math.min(groups, GRID_LIMIT), planes],
      code: () =>
        `fn term(j: u32, g: u32) -> vec2f { ${work.term} }
var<workgroup> tile: array<Sum, ${THREADS}>;
@compute @workgroup_size(${THREADS})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32) {
  let lane = thread % ${lanes}u; let g = ${sum}; let chunk = ${chunk};
  let end = min(P.terms, (chunk + 1u) * P.chunkTerms);
  var sum = Sum();
  if (g < P.sums) {
    for (var j = chunk * P.chunkTerms + thread / ${lanes}u; j < end; j += ${
          THREADS / lanes
        }u) { sum = add(sum, term(j, g)); }
  }
  tile[thread] = sum;
  workgroupBarrier();
  for (var half = ${THREADS / 2}u; half >= ${lanes}u; half /= 2u) {
    if (thread < half) { tile[thread] = merge(tile[thread], tile[thread + half]); }
    workgroupBarrier();
  }
  if (thread < ${lanes}u && g < P.sums) {
    let at = 4u * (chunk * P.sums + g); let total = tile[thread];
    set_partials(at, total.high.x); set_partials(at + 1u, total.high.y);
    set_partials(at + 2u, total.low.x); set_partials(at + 3u, total.low.y);
  }
}`,
    });
    this.elements({
      ...{ name: `${name}, finish`, variant, operands: { partials: whole(partials), ...work.results } },
      ...{ factors, sizes: { ...sizes, sums, terms, chunks } },
      items: sums,
      body: `let g = i; var exact = Sum();
  for (var k = 0u; k < P.chunks; k++) {
    let at = 4u * (k * P.sums + g);
    let high = vec2f(partials_at(at), partials_at(at + 1u)); let low = vec2f(partials_at(at + 2u), partials_at(at + 3u));
    exact = merge(exact, Sum(high, low));
  }
  let sums = exact.high + exact.low;
  ${work.finish}`,
    });
  }

  /** Scratch number 0 or 1 for so many float32 within one operation. It grows. @throws {OutOfMemoryError} */
  scratch(index: 0 | 1, count: number): Place {
    const byteLength = 4 * count, known = this.#scratch[index];
    if (!known || known.byteLength < byteLength) {
      if (known) this.pool.release(known);
      this.#scratch[index] = null;
      this.#scratch[index] = this.pool.allocate(byteLength, "workspace");
    }
    return { block: this.#scratch[index]!, byteOffset: 0, byteLength, dtype: "f32" };
  }
}

/** Part of a place: `count` elements from element `first` on. */
export function part(place: Place, first: number, count: number): Place {
  const size = place.dtype === "f32" ? 4 : 1;
  return { ...place, byteOffset: place.byteOffset + first * size, byteLength: count * size };
}
