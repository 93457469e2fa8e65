/** Assembles functions into a WebAssembly module over one imported memory. */
import { ByteWriter } from "./bytes.ts";
import { type Callable, FunctionBuilder } from "./function.ts";
import { I32 } from "./integer.ts";
import { type MachineType, TYPE_CODE } from "./value.ts";

/** Bytes of a page, the unit of a memory's size. */
export const PAGE_BYTES = 65536;
/** Pages of the largest 32-bit memory. */
export const MAXIMUM_PAGES = 65536;

const enum Section {
  Type = 1,
  Import = 2,
  Function = 3,
  Table = 4,
  Export = 7,
  Element = 9,
  Code = 10,
}

/**
 * A module under construction. It imports `env.memory` and `env.scratch`, an immutable i32 that differs from
 * thread to thread: where the thread's private memory starts.
 */
export class ModuleBuilder {
  readonly #types: string[] = [];
  readonly #imports: { name: string; type: number }[] = [];
  readonly #functions: { type: number; body: Uint8Array }[] = [];
  readonly #exports: { name: string; index: number }[] = [];
  readonly #table: number[] = [];
  readonly #shared = new Map<string, Callable>();

  /** `sharedMemory`: whether threads share the memory. */
  constructor(readonly sharedMemory = true) {}

  /** Address of the running thread's private memory. */
  readonly scratch: I32 = new I32((code) => code.byte(0x23, 0));

  /** Imports the function `env.name`, without parameters or result. Imports come before all functions. */
  importFunction(name: string): Callable {
    if (this.#functions.length > 0) throw new Error(`import of ${name} after a function`);
    return { index: this.#imports.push({ name, type: this.typeIndex([]) }) - 1 };
  }

  /** Adds a function without result, written by `build`. */
  function(build: (f: FunctionBuilder) => void, exportName?: string): Callable {
    const builder = new FunctionBuilder();
    build(builder);
    return this.add(builder, exportName);
  }

  /** Adds a function that has been written. */
  add(builder: FunctionBuilder, exportName?: string): Callable {
    const { parameters, body } = builder.finish();
    const index = this.#imports.length + this.#functions.length;
    this.#functions.push({ type: this.typeIndex(parameters), body });
    if (exportName !== undefined) this.#exports.push({ name: exportName, index });
    return { index };
  }

  /** The function of this name, written by `build` the first time: code that several kernels call. */
  shared(name: string, build: (f: FunctionBuilder) => void): Callable {
    const known = this.#shared.get(name) ?? this.function(build);
    this.#shared.set(name, known);
    return known;
  }

  /** Index of the type of functions with these parameters and no result. */
  typeIndex(parameters: readonly MachineType[]): number {
    const key = parameters.join();
    const known = this.#types.indexOf(key);
    return known >= 0 ? known : this.#types.push(key) - 1;
  }

  /** Puts a function into the table; returns its slot for {@link FunctionBuilder.callSlot}. */
  slot(callable: Callable): number {
    return this.#table.push(callable.index) - 1;
  }

  /** The module in binary form. */
  finish(): Uint8Array<ArrayBuffer> {
    const out = new ByteWriter().byte(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0);
    const section = (id: Section, count: number, write: (content: ByteWriter) => void) => {
      const content = new ByteWriter().unsigned(count);
      write(content);
      out.byte(id).unsigned(content.length).append(content.bytes);
    };
    section(Section.Type, this.#types.length, (content) => {
      for (const key of this.#types) {
        const parameters = key === "" ? [] : key.split(",") as MachineType[];
        content.byte(0x60).unsigned(parameters.length);
        for (const type of parameters) content.byte(TYPE_CODE[type]);
        content.unsigned(0);
      }
    });
    section(Section.Import, 2 + this.#imports.length, (content) => {
      content.name("env").name("memory").byte(2, this.sharedMemory ? 3 : 1).unsigned(1).unsigned(MAXIMUM_PAGES);
      content.name("env").name("scratch").byte(3, TYPE_CODE.i32, 0);
      for (const { name, type } of this.#imports) content.name("env").name(name).byte(0).unsigned(type);
    });
    section(Section.Function, this.#functions.length, (content) => {
      for (const { type } of this.#functions) content.unsigned(type);
    });
    section(Section.Table, 1, (content) => content.byte(0x70, 0).unsigned(this.#table.length));
    section(Section.Export, this.#exports.length, (content) => {
      for (const { name, index } of this.#exports) content.name(name).byte(0).unsigned(index);
    });
    if (this.#table.length > 0) {
      section(Section.Element, 1, (content) => {
        content.unsigned(0).byte(0x41, 0, 0x0b).unsigned(this.#table.length);
        for (const index of this.#table) content.unsigned(index);
      });
    }
    section(Section.Code, this.#functions.length, (content) => {
      for (const { body } of this.#functions) content.unsigned(body.length).append(body);
    });
    return out.bytes;
  }
}
