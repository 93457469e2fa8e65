/** The functions of the emulated device that only tests call. */
import type { DeviceState } from "../../../../helpers/emulated_device.ts";

const folder = Deno.env.get("FCR_CUDA_PATH");
if (!folder) throw new Error("FCR_CUDA_PATH does not name the emulated device");

const { symbols } = Deno.dlopen(`${folder}/libcuda.so.1`, {
  emulator_fail: { parameters: ["buffer", "i64", "i32"], result: "void" },
  emulator_break: { parameters: ["buffer", "i64", "i32"], result: "void" },
  emulator_no_failures: { parameters: [], result: "void" },
  emulator_calls: { parameters: ["buffer"], result: "i64" },
  emulator_state: { parameters: ["buffer", "u64"], result: "void" },
  emulator_last_complaint: { parameters: ["buffer", "u64"], result: "void" },
});

const cString = (text: string) => new TextEncoder().encode(`${text}\0`);

/** The nth call of `functionName` from now (1: the next) does nothing and returns `status`. */
export function failCall(functionName: string, nth: number, status: number): void {
  symbols.emulator_fail(cString(functionName), BigInt(nth), status);
}

/** By the nth call of `functionName` from now (1: the next) a kernel has broken the device with `status`, for good. */
export function breakDevice(functionName: string, nth: number, status: number): void {
  symbols.emulator_break(cString(functionName), BigInt(nth), status);
}

/** Forgets all failures asked for. */
export function noFailures(): void {
  symbols.emulator_no_failures();
}

/** Calls of `functionName` so far. */
export function callsOf(functionName: string): number {
  return Number(symbols.emulator_calls(cString(functionName)));
}

/** What is alive now. */
export function deviceState(): DeviceState {
  return JSON.parse(text(symbols.emulator_state));
}

/** The last complaint since the last question, "" without one. */
export function lastComplaint(): string {
  return text(symbols.emulator_last_complaint);
}

function text(read: (buffer: Uint8Array<ArrayBuffer>, capacity: bigint) => void): string {
  const bytes = new Uint8Array(1024);
  read(bytes, BigInt(bytes.length));
  return new TextDecoder().decode(bytes.subarray(0, bytes.indexOf(0)));
}
