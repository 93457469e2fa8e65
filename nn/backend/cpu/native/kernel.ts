/** How a kernel in machine code is declared: named parameters and the code of one task. */
import { CONTROL } from "../threads/control.ts";
import { at, Label, type Memory, R11, R12, R13, R14, R15, RAX, RBP, RBX, RCX, RDI, RSI, RSP } from "./assembler/mod.ts";
import { NOT_EQUAL } from "./machine/libc.ts";
import { type CodeBuilder, FRAME, frame, FRAME_BYTES, local } from "./code_builder.ts";

/** `address`: bytes in the linear memory, a pointer in the kernel; `i32`: a signed number. */
export type NativeParameters = Readonly<Record<string, "address" | "i32">>;

/** Locals of a kernel's frame: its parameters and `variables`. */
export type NativeLocals<P extends NativeParameters, V extends string> = Readonly<Record<keyof P | V, Memory>>;

/** A kernel in machine code. */
export interface NativeKernel<P extends NativeParameters = NativeParameters> {
  readonly name: string;
  readonly parameters: P;
  /** Writes the code of all tasks that a thread claims. */
  write(k: CodeBuilder): void;
}

/** Code of several kernels, and where in it things are, in bytes from its start. */
export interface NativeCode {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly entry: number;
  /** Kernels, in bytes from the entry. */
  readonly kernels: ReadonlyMap<NativeKernel, number>;
}

const SAVED = [RBX, R12, R13, R14, R15];
/** Addresses and subroutines are found relative to this word of the argument block: what {@link writeEntry} jumps to. */
const ENTRY = CONTROL.nativeEntry;

/**
 * Declares a kernel. `body` writes the code of the task whose number is `frame.task`; it may use every register but rbp
 * and rsp. Parameters and `variables` are locals of 8 bytes in the frame.
 */
export function defineNativeKernel<const P extends NativeParameters, const V extends string>(
  name: string,
  parameters: P,
  variables: readonly V[],
  body: (k: CodeBuilder, locals: NativeLocals<P, V>) => void,
): NativeKernel<P> {
  const types = Object.entries(parameters);
  const places = Object.fromEntries(
    [...types.map(([name]) => name), ...variables].map((name, index) => [name, local(FRAME.length + index)]),
  ) as Record<keyof P | V, Memory>;
  return {
    name,
    parameters,
    write(k) {
      k.push(RBP);
      k.mov(RBP, RSP);
      for (const register of SAVED) k.push(register);
      k.sub(RSP, FRAME_BYTES);
      k.mov(frame.base, RDI);
      k.mov(frame.scratch, RSI);
      types.forEach(([name, type], index) => {
        const argument = at(RDI, CONTROL.arguments + index * 8);
        if (type === "address") {
          k.mov32(RAX, argument);
          k.add(RAX, RDI);
        } else k.movsxd(RAX, argument);
        k.mov(places[name], RAX);
      });
      claimTasks(k, () => body(k, places));
      k.vzeroupper();
      k.add(RSP, FRAME_BYTES);
      for (const register of SAVED.toReversed()) k.pop(register);
      k.pop(RBP);
      k.mov(RAX, NOT_EQUAL);
      k.ret();
    },
  };
}

/** A claim is one indivisible decrement: a positive result is a task that now belongs to this thread. */
function claimTasks(k: CodeBuilder, body: () => void): void {
  const end = new Label(), next = k.here();
  k.mov(RDI, frame.base);
  k.mov(RAX, -1);
  k.lockXadd32(at(RDI, CONTROL.nativeRemaining), RAX);
  k.movsxd(RCX, at(RDI, CONTROL.nativeTasks));
  // The claim is a 32-bit number that may have become negative.
  k.shift("shl", RAX, 32);
  k.shift("sar", RAX, 32);
  k.cmp(RAX, 0);
  k.jumpIf("lessOrEqual", end);
  k.sub(RCX, RAX);
  k.mov(frame.task, RCX);
  body();
  k.jump(next);
  k.place(end);
}

/** The entry `(memory, scratch)` of all kernels: jumps to the one whose offset from the entry is in the control block. */
export function writeEntry(k: CodeBuilder): Label {
  const entry = k.here();
  k.movsxd(RAX, at(RDI, ENTRY));
  k.lea(R11, entry);
  k.add(RAX, R11);
  k.jumpTo(RAX);
  return entry;
}
