/** What this WebAssembly machine can do beyond the standard's SIMD. */

/**
 * `(func (param v128) (result v128) (f32x4.relaxed_madd (local.get 0) (local.get 0) (local.get 0)))` as a module.
 */
const RELAXED_MODULE = new Uint8Array([
  ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic and version
  ...[1, 6, 1, 0x60, 1, 0x7b, 1, 0x7b], // types: (v128) -> v128
  ...[3, 2, 1, 0], // functions: one of type 0
  ...[10, 13, 1, 11, 0, 0x20, 0, 0x20, 0, 0x20, 0, 0xfd, 0x85, 0x02, 0x0b], // code
]);

let supported: boolean | undefined;

/**
 * Whether relaxed SIMD may be used: by V8 11.4 and newer, so by every Deno and by Node 22, not Node 20. Its multiply-add
 * is a fused instruction where the processor has one; the choice is fixed for a machine and its runtime, so results stay
 * bit-identical from run to run.
 */
export function relaxedSimd(): boolean {
  return supported ??= WebAssembly.validate(RELAXED_MODULE);
}
