/** Runs kernels on places in memory: compiles them once, binds their operands, splits what no binding can hold. */
import { BYTES_PER_ELEMENT } from "../buffer.ts";
import { type Binding, BINDING_ALIGNMENT_BYTES, type DeviceLink, type Grid, PARAMETER_WORDS } from "./device_link.ts";
import type { Block, Place } from "./pool.ts";
import { withFunctions } from "./wgsl_functions.ts";

/** Most workgroups along an axis of a grid. */
export const GRID_LIMIT = 65_535;

/** Operations of a dispatch, so that the slowest GPU ends it well before a system takes the device away. */
export const DISPATCH_WORK = 5e10;

/** An operand of a kernel. */
export interface Operand {
  readonly place: Place;
  /** Elements that belong to each item of the kernel's range; null if every item may use all of them. */
  readonly perItem: number | null;
  /** Elements beside an item's own that it uses too, on either side. */
  readonly margin: number;
}

/** An operand of which every item may use everything. */
export function whole(place: Place): Operand {
  return { place, perItem: null, margin: 0 };
}

/** An operand of which each item uses `perItem` elements of its own, and `margin` on either side. */
export function each(place: Place, perItem = 1, margin = 0): Operand {
  return { place, perItem, margin };
}

/** What {@link Launcher.launch} runs. */
export interface Launch {
  /** Of the kernel, and what else its code depends on. */
  readonly name: string;
  readonly variant?: string;
  /**
   * Gives the kernel, with an entry point `main`. `name_at(i)` reads element i of the operand `name`, `set_name(i, value)`
   * writes it; of labels only the word `set_name_word(i, value)` from byte 4·i of the block on. `P.first` and `P.end`
   * bound the items, `P.<name>` is a size or factor.
   */
  readonly code: () => string;
  /** In the order of the bindings. */
  readonly operands: Readonly<Record<string, Operand>>;
  /** Unsigned parameters. */
  readonly sizes?: Readonly<Record<string, number>>;
  /** Parameters in float32. */
  readonly factors?: Readonly<Record<string, number>>;
  /** Items of the range, all in one dispatch if the bindings can hold their operands. */
  readonly items: number;
  /** Most items of a dispatch; default: all. */
  readonly itemsAtOnce?: number;
  /** Workgroups for so many items. */
  readonly grid: (items: number) => Grid;
  /** Operations for one item; default: one for each element of the operands. */
  readonly workPerItem?: number;
}

/** Where a window of a block begins and ends, in bytes. */
interface Window {
  readonly block: Block;
  begin: number;
  end: number;
}

const SCALAR = { f32: "f32", u8: "u32" } as const;

/** See the file's comment. */
export class Launcher {
  readonly #pipelines = new Map<string, number>();
  #launches = 0;

  /** `bindingLimitBytes`: most bytes of a binding. */
  constructor(readonly link: DeviceLink, readonly bindingLimitBytes: number) {}

  /** Dispatches so far. */
  get launches(): number {
    return this.#launches;
  }

  /** Kernels compiled so far. */
  get kernels(): number {
    return this.#pipelines.size;
  }

  /** Runs a kernel over its items. @throws {RangeError} if not even one item's operands can be bound */
  launch(launch: Launch): void {
    const { items } = launch;
    if (items === 0) return;
    let piece = Math.min(items, launch.itemsAtOnce ?? items);
    while (!this.#fits(launch, piece) || (piece > 1 && piece * (launch.workPerItem ?? 0) > DISPATCH_WORK)) {
      if (piece === 1) throw this.#unbindable(launch);
      piece = Math.ceil(piece / 2);
    }
    for (let first = 0; first < items; first += piece) this.#dispatch(launch, first, Math.min(items, first + piece));
  }

  /** Whether `items` items' operands can be bound, wherever the range begins. */
  #fits({ operands, items, grid }: Launch, piece: number): boolean {
    if (Math.max(...grid(piece)) > GRID_LIMIT) return false;
    // Operands in one block share a window: at both ends of the range it is the largest.
    const windows = [...windowsOf(operands, 0, piece), ...windowsOf(operands, items - piece, items)];
    // In between one may be longer by what alignment adds.
    const most = this.bindingLimitBytes - (piece < items ? BINDING_ALIGNMENT_BYTES : 0);
    return windows.every(({ begin, end }) => end - begin <= most);
  }

  #unbindable({ name, operands }: Launch): RangeError {
    const [largest] = [...windowsOf(operands, 0, 1)].sort((a, b) => b.end - b.begin - (a.end - a.begin));
    return new RangeError(
      `${name}: ${largest.end - largest.begin} bytes of "${largest.block.tag}" at once, but this adapter binds ` +
        `${this.bindingLimitBytes} at most; use a smaller --preset or another device`,
    );
  }

  #dispatch(launch: Launch, first: number, end: number): void {
    const { name, variant = "", operands, sizes = {}, factors = {}, grid, items } = launch;
    const windows = windowsOf(operands, first, end), entries = Object.entries(operands);
    const slots = entries.map(([, { place }]) => windows.findIndex(({ block }) => block === place.block));
    const words = new Uint32Array(PARAMETER_WORDS), floats = new Float32Array(words.buffer);
    const offsets = entries.map(([, { place }], i) =>
      (place.byteOffset - windows[slots[i]].begin) / BYTES_PER_ELEMENT[place.dtype]
    );
    const integers = [...offsets, first, end, 0, ...Object.values(sizes)];
    words.set(integers);
    floats.set(Object.values(factors), integers.length);
    const key = [name, variant, slots, entries.map(([, { place }]) => place.dtype)].join("|");
    let pipeline = this.#pipelines.get(key);
    if (pipeline === undefined) {
      this.#pipelines.set(key, pipeline = this.#pipelines.size);
      const code = declarations(launch, slots) + withFunctions(launch.code());
      this.link.send({ do: "compile", pipeline, code, bindings: windows.length, label: name });
    }
    const elements = entries.reduce((sum, [, { place }]) => sum + place.byteLength / BYTES_PER_ELEMENT[place.dtype], 0);
    const work = (launch.workPerItem ?? elements / items) * (end - first);
    const [largest] = entries.map(([, { place }]) => place).sort((a, b) => b.byteLength - a.byteLength);
    const label = `${name} of "${largest.block.tag}"`, bindings = windows.map(bindingOf);
    this.link.send({ do: "dispatch", pipeline, bindings, parameters: words, grid: grid(end - first), work, label });
    this.#launches++;
  }
}

function bindingOf({ block, begin, end }: Window): Binding {
  return { buffer: block.number, byteOffset: begin, byteLength: end - begin };
}

/** What the items from `first` to `end` use, a window for each block: none may be bound twice, one of them to write. */
function windowsOf(operands: Launch["operands"], first: number, end: number): Window[] {
  const windows: Window[] = [];
  for (const { place: { block, byteOffset, byteLength, dtype }, perItem, margin } of Object.values(operands)) {
    const size = BYTES_PER_ELEMENT[dtype], item = (perItem ?? 0) * size;
    const from = perItem === null ? 0 : Math.max(0, first * item - margin * size);
    const to = perItem === null ? byteLength : Math.min(byteLength, end * item + margin * size);
    const begin = aligned(byteOffset + from, Math.floor), stop = aligned(byteOffset + to, Math.ceil);
    const window = windows.find((each) => each.block === block);
    if (window) [window.begin, window.end] = [Math.min(window.begin, begin), Math.max(window.end, stop)];
    else windows.push({ block, begin, end: Math.max(stop, begin + BINDING_ALIGNMENT_BYTES) });
  }
  return windows;
}

function aligned(bytes: number, round: (x: number) => number): number {
  return round(bytes / BINDING_ALIGNMENT_BYTES) * BINDING_ALIGNMENT_BYTES;
}

/** WGSL of the parameters and of the ways to the operands. A block is an array of what its first operand holds. */
function declarations({ operands, sizes = {}, factors = {} }: Launch, slots: readonly number[]): string {
  const names = Object.keys(operands), scalars = Object.values(operands).map(({ place }) => SCALAR[place.dtype]);
  const integers = [...names.map((name) => `offset_${name}`), "first", "end", "zero", ...Object.keys(sizes)];
  const fields = [...integers.map((name) => `${name}: u32`), ...Object.keys(factors).map((name) => `${name}: f32`)];
  const lines = [`struct Parameters { ${fields.join(", ")} }`, "@group(0) @binding(0) var<uniform> P: Parameters;"];
  names.forEach((name, i) => {
    const slot = slots[i], block = `block${slot}`, stored = scalars[slots.indexOf(slot)], scalar = scalars[i];
    if (slots.indexOf(slot) === i) {
      lines.push(`@group(0) @binding(${slot + 1}) var<storage, read_write> ${block}: array<${stored}>;`);
    }
    const read = (index: string) => scalar === stored ? `${block}[${index}]` : `bitcast<${scalar}>(${block}[${index}])`;
    const value = scalar === stored ? "value" : `bitcast<${stored}>(value)`;
    if (scalar === "f32") {
      lines.push(`fn ${name}_at(i: u32) -> f32 { return ${read(`P.offset_${name} + i`)}; }`);
      lines.push(`fn set_${name}(i: u32, value: f32) { ${block}[P.offset_${name} + i] = ${value}; }`);
    } else {
      lines.push(`fn ${name}_word(i: u32) -> u32 { return ${read("i")}; }`);
      lines.push(
        `fn ${name}_at(i: u32) -> u32 { let at = P.offset_${name} + i; ` +
          `return (${name}_word(at >> 2u) >> (8u * (at & 3u))) & 0xffu; }`,
      );
      lines.push(`fn set_${name}_word(i: u32, value: u32) { ${block}[i] = ${value}; }`);
    }
  });
  return lines.join("\n") + "\n";
}
