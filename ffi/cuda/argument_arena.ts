/** Memory that kernel arguments are written into before each launch: allocated once, so that a launch allocates nothing. */

/** C types of kernel arguments. */
export type ArgumentKind = "pointer" | "u32" | "u64" | "f32" | "f64";

const SLOT_BYTES = 8;
const LITTLE_ENDIAN = true;

/**
 * Slots of 8 bytes, one per argument, and the array of their addresses that `cuLaunchKernel` reads. The driver copies
 * the arguments during the call, so one arena serves all launches of a thread.
 */
export class ArgumentArena {
  /** Addresses of the slots, for `kernelParams`. */
  readonly addresses: BigUint64Array<ArrayBuffer>;
  readonly #view: DataView<ArrayBuffer>;

  /** `capacity`: most arguments of a launch. */
  constructor(readonly capacity = 64) {
    const memory = new ArrayBuffer(capacity * SLOT_BYTES);
    this.#view = new DataView(memory);
    const base = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(this.#view)));
    this.addresses = BigUint64Array.from({ length: capacity }, (_, slot) => base + BigInt(slot * SLOT_BYTES));
  }

  /** Writes one argument. @throws {RangeError} for a slot beyond the capacity. @throws {TypeError} for a wrong type. */
  set(slot: number, kind: ArgumentKind, value: number | bigint): void {
    const at = slot * SLOT_BYTES, view = this.#view;
    if (typeof value === "bigint" && kind === "pointer") view.setBigUint64(at, value, LITTLE_ENDIAN);
    else if (typeof value === "bigint" || kind === "pointer") {
      throw new TypeError(`kernel argument ${slot} (${kind}) is a ${typeof value}`);
    } else if (kind === "f32") view.setFloat32(at, value, LITTLE_ENDIAN);
    else if (kind === "f64") view.setFloat64(at, value, LITTLE_ENDIAN);
    else this.#setUnsigned(slot, kind, value);
  }

  #setUnsigned(slot: number, kind: "u32" | "u64", value: number): void {
    const limit = kind === "u32" ? 2 ** 32 - 1 : Number.MAX_SAFE_INTEGER;
    if (!Number.isInteger(value) || value < 0 || value > limit) {
      throw new RangeError(`kernel argument ${slot} (${kind}) is ${value}`);
    }
    this.#view.setUint32(slot * SLOT_BYTES, value >>> 0, LITTLE_ENDIAN);
    this.#view.setUint32(slot * SLOT_BYTES + 4, Math.floor(value / 2 ** 32), LITTLE_ENDIAN);
  }
}
