/** A device of which only the memory exists, as the CUDA runtime hands it out: for tests of the pool. */
import { LibraryError, type Runtime, RUNTIME_STATUS } from "../../ffi/mod.ts";

/** A device and what it was asked for. */
export interface CountedDevice {
  readonly runtime: Runtime;
  /** Bytes held now, and most at once. */
  heldBytes: number;
  peakBytes: number;
  /** Addresses and sizes of what is held. */
  readonly pieces: ReadonlyMap<bigint, number>;
}

/** A device with `totalBytes` of memory. Addresses are never used twice. */
export function countedDevice(totalBytes: number): CountedDevice {
  const pieces = new Map<bigint, number>();
  let next = 1n << 40n;
  const raw = {
    cudaMalloc(out: BigUint64Array, size: bigint): number {
      if (device.heldBytes + Number(size) > totalBytes) return RUNTIME_STATUS.ErrorMemoryAllocation;
      out[0] = next;
      next += (size + 255n) / 256n * 256n;
      pieces.set(out[0], Number(size));
      device.heldBytes += Number(size);
      device.peakBytes = Math.max(device.peakBytes, device.heldBytes);
      return 0;
    },
  };
  const runtime = {
    library: {
      raw,
      call: {
        cudaFree(address: bigint): void {
          const size = pieces.get(address);
          if (size === undefined) throw new Error(`${address} is not held`);
          pieces.delete(address);
          device.heldBytes -= size;
        },
      },
      expect(name: string, status: number): void {
        if (status !== 0) throw new LibraryError("CUDA runtime", name, status, "cudaErrorMemoryAllocation", "");
      },
    },
    clearError(): void {},
    memoryInfo: () => ({ freeBytes: totalBytes - device.heldBytes, totalBytes }),
  };
  const device: CountedDevice = { runtime: runtime as unknown as Runtime, heldBytes: 0, peakBytes: 0, pieces };
  return device;
}
