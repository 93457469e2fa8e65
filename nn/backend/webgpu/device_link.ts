/** What the engine tells the device, and how: commands in one order, answers when asked for. */

/** A buffer as a kernel sees it: `byteLength` bytes from `byteOffset`. */
export interface Binding {
  /** Number of the buffer. */
  readonly buffer: number;
  /** A multiple of {@link BINDING_ALIGNMENT_BYTES}. */
  readonly byteOffset: number;
  /** A multiple of 4. */
  readonly byteLength: number;
}

/** Workgroups along the three axes of a grid. */
export type Grid = readonly [x: number, y: number, z: number];

/** What the device does, in the order of the commands. Buffers and pipelines have numbers that the sender chooses. */
export type Command =
  | { readonly do: "create"; readonly buffer: number; readonly byteLength: number; readonly label: string }
  | { readonly do: "destroy"; readonly buffer: number }
  | {
    readonly do: "compile";
    readonly pipeline: number;
    readonly code: string;
    readonly bindings: number;
    readonly label: string;
  }
  | {
    readonly do: "dispatch";
    readonly pipeline: number;
    readonly bindings: readonly Binding[];
    readonly parameters: Uint32Array<ArrayBuffer>;
    readonly grid: Grid;
    /** Operations on numbers: what bounds the time of a submission. */
    readonly work: number;
    readonly label: string;
  }
  | {
    readonly do: "upload";
    readonly buffer: number;
    readonly byteOffset: number;
    readonly bytes: Uint8Array<ArrayBuffer>;
  }
  | {
    readonly do: "copy";
    readonly from: number;
    readonly fromOffset: number;
    readonly to: number;
    readonly toOffset: number;
    readonly byteLength: number;
  }
  | { readonly do: "time" };

/** Offsets of bindings are multiples of this: what every adapter can do. */
export const BINDING_ALIGNMENT_BYTES = 256;

/** Most parameters of a kernel, in words. */
export const PARAMETER_WORDS = BINDING_ALIGNMENT_BYTES / 4;

/** What is known of an adapter. */
export interface AdapterFacts {
  /** E.g. "llvmpipe (LLVM 15.0.6, 256 bits)". */
  readonly name: string;
  /** Whether it computes on the processor. */
  readonly software: boolean;
  /** Most bytes of a buffer that a kernel may see at once. */
  readonly bindingLimitBytes: number;
  /** Most bytes of a buffer. */
  readonly bufferLimitBytes: number;
  /** Whether it takes the time of its own work. */
  readonly timeStamps: boolean;
}

/** A device that takes commands. What went wrong with one is told by the next call that waits. */
export interface DeviceLink extends Disposable {
  /** Of the adapter that the device belongs to. */
  readonly facts: AdapterFacts;
  /** Puts a command behind all others. */
  send(command: Command): void;
  /** Fills `target` from a buffer after all commands; offset and length are multiples of 4. @throws {UserError} */
  read(buffer: number, byteOffset: number, target: Uint8Array): void;
  /** Seconds that the dispatches of the commands that `work` sends take, by time stamps; null without any. @throws {UserError} */
  time(work: () => void): number | null;
  /** Waits until all commands have ended. @throws {UserError} */
  finish(): void;
}
