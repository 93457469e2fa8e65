/** An open MPI library: the calls that training makes, whichever implementation it is. */
import { type CheckedLibrary, openChecked } from "../checked.ts";
import { type MpiAbi, MPICH, type MpiHandles, OPEN_MPI, STANDARD_ABI } from "./abi.ts";
import { MPI_SYMBOLS } from "./symbols.ts";

/** Longest text that a call writes (MPI_MAX_LIBRARY_VERSION_STRING of MPICH). */
const TEXT_BYTES = 8192;

/** Memory that collectives read and write. */
export type MpiBuffer = Float32Array | Float64Array | Uint8Array;

/** An operation under way; the memory that it works on must stay as it is until {@link Mpi.test} says that it is done. */
export interface MpiRequest {
  /** The `MPI_Request`. */
  readonly handle: BigUint64Array<ArrayBuffer>;
  /** Keeps the memory alive. */
  readonly buffers: readonly MpiBuffer[];
}

/** See the file's comment. Methods throw `LibraryError`. All but {@link version} need {@link start} before them. */
export class Mpi {
  /** Functions of the library. */
  readonly library: CheckedLibrary<typeof MPI_SYMBOLS>;
  /** Which interface it has. */
  readonly abi: MpiAbi;
  readonly #handles: MpiHandles;
  readonly #int: Int32Array<ArrayBuffer> = new Int32Array(new ArrayBuffer(4));

  /** Opens the library at `path`, or of that name. @throws {Error} of Deno if it cannot be opened */
  constructor(path: string) {
    this.library = openChecked(path, MPI_SYMBOLS, {
      name: "MPI",
      nameOf: (status) => `error ${status}`,
      explain: (status) => this.#text((text, length) => this.library.raw.MPI_Error_string(status, text, length)),
      remedy: "the connection to the other processes failed; a training goes on from its last checkpoint with --resume",
    });
    this.abi = abiOf(path);
    this.#handles = handlesIn(path, this.abi);
  }

  /** What the library calls itself, e.g. `Open MPI v4.1.4, package: …`, in one line. */
  version(): string {
    return this.#text((text, length) => this.library.call.MPI_Get_library_version(text, length)).split("\n")[0].replace(
      /\s+/g,
      " ",
    ).trim();
  }

  /** Joins the other processes. From then on errors are returned instead of ending the process. */
  start(): void {
    const { call } = this.library, { world, errorsReturn } = this.#handles;
    call.MPI_Init_thread(null, null, this.abi.threadFunneled, this.#int);
    call.MPI_Comm_set_errhandler(world, errorsReturn);
  }

  /** Number of this process. */
  rank(): number {
    this.library.call.MPI_Comm_rank(this.#handles.world, this.#int);
    return this.#int[0];
  }

  /** Number of processes. */
  size(): number {
    this.library.call.MPI_Comm_size(this.#handles.world, this.#int);
    return this.#int[0];
  }

  /** Name of this host. */
  hostName(): string {
    return this.#text((text, length) => this.library.call.MPI_Get_processor_name(text, length));
  }

  /** Starts x = Σ x over all processes, or the greatest of each element. */
  allReduce(x: Float32Array | Float64Array, operation: "sum" | "max" = "sum"): MpiRequest {
    const request = requestOn(x), type = this.#typeOf(x), { world, [operation]: op } = this.#handles;
    this.library.call.MPI_Iallreduce(this.abi.inPlace, addressOf(x), x.length, type, op, world, request.handle);
    return request;
  }

  /** Starts all = the own parts of all processes, one after the other. */
  allGather<T extends MpiBuffer>(own: T, all: T): MpiRequest {
    const request = requestOn(own, all), type = this.#typeOf(own), { world } = this.#handles, { length } = own;
    this.library.call.MPI_Iallgather(addressOf(own), length, type, addressOf(all), length, type, world, request.handle);
    return request;
  }

  /** Starts x = x of process 0. */
  broadcast(x: MpiBuffer): MpiRequest {
    const request = requestOn(x), { world } = this.#handles;
    this.library.call.MPI_Ibcast(addressOf(x), x.length, this.#typeOf(x), 0, world, request.handle);
    return request;
  }

  /** Starts to wait until every process has come here. */
  barrier(): MpiRequest {
    const request = requestOn();
    this.library.call.MPI_Ibarrier(this.#handles.world, request.handle);
    return request;
  }

  /** Whether a request is done; moves all that are under way on. */
  test({ handle }: MpiRequest): boolean {
    const { raw, expect } = this.library;
    expect("MPI_Test", raw.MPI_Test(handle, this.#int, this.abi.statusIgnore));
    return this.#int[0] !== 0;
  }

  /** Leaves the other processes; every one has to. */
  finish(): void {
    this.library.call.MPI_Finalize();
  }

  /** Ends all processes; the launcher returns `status`. */
  abort(status: number): void {
    this.library.call.MPI_Abort(this.#handles.world, status);
  }

  #typeOf(x: MpiBuffer): bigint {
    const { float, double, byte } = this.#handles;
    return x instanceof Float32Array ? float : x instanceof Float64Array ? double : byte;
  }

  #text(write: (text: Uint8Array<ArrayBuffer>, length: Int32Array<ArrayBuffer>) => void): string {
    const text = new Uint8Array(TEXT_BYTES), length = new Int32Array(1);
    write(text, length);
    return new TextDecoder().decode(text.subarray(0, length[0])).replace(/\0.*$/s, "");
  }
}

/** The memory has to be outside V8's heap, as asking for its buffer makes sure: small arrays may be moved otherwise. */
function requestOn(...buffers: MpiBuffer[]): MpiRequest {
  for (const { buffer } of buffers) void buffer;
  return { handle: new BigUint64Array(new ArrayBuffer(8)), buffers };
}

function addressOf(x: MpiBuffer): bigint {
  return Deno.UnsafePointer.value(Deno.UnsafePointer.of(x as Uint8Array<ArrayBuffer>));
}

/** Tells the interface by the library's name, where that is standard, or by what it exports. */
function abiOf(path: string): MpiAbi {
  if (/mpi_abi[^/]*$/.test(path)) return STANDARD_ABI;
  return exports(path, OPEN_MPI.handles.world) ? OPEN_MPI : MPICH;
}

function exports(path: string, name: string): boolean {
  try {
    Deno.dlopen(path, { [name]: { type: "pointer" } }).close();
    return true;
  } catch {
    return false;
  }
}

/** Handles as numbers. A static of type "pointer" is where the symbol is, not what it holds. */
function handlesIn(path: string, { handles }: MpiAbi): MpiHandles {
  const numbers = Object.entries(handles).map(([name, handle]) => {
    if (typeof handle === "bigint") return [name, handle];
    const { symbols } = Deno.dlopen(path, { [handle]: { type: "pointer" } });
    return [name, Deno.UnsafePointer.value(symbols[handle])];
  });
  return Object.fromEntries(numbers);
}
