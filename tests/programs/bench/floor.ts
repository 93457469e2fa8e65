/** The least time that an iteration can take on a GPU, by arithmetic: its work and bytes over what data sheets promise. */
import type { OperationCount } from "../../../nn/backend/operation_counts.ts";
import type { Precision } from "../../../nn/backend/precision.ts";

/** Peak figures of a GPU, dense, from its maker's data sheet or architecture paper. */
export interface GpuPeaks {
  readonly name: string;
  /** 10¹² floating point operations a second of matrix products with sums in float32. */
  readonly teraflops: Readonly<Record<Precision, number>>;
  /** The same of everything else. */
  readonly vectorTeraflops: number;
  /** 10⁹ bytes a second of its memory. */
  readonly gigabytesPerSecond: number;
}

/** GPUs for which floors are shown. */
export const GPU_PEAKS: readonly GpuPeaks[] = [
  {
    name: "RTX 3060 12 GB",
    teraflops: { fp32: 12.7, tf32: 12.7, bf16: 25.5 },
    vectorTeraflops: 12.7,
    gigabytesPerSecond: 360,
  },
  {
    name: "RTX 4090",
    teraflops: { fp32: 82.6, tf32: 82.6, bf16: 165.2 },
    vectorTeraflops: 82.6,
    gigabytesPerSecond: 1008,
  },
  {
    name: "H100 SXM",
    teraflops: { fp32: 66.9, tf32: 494.7, bf16: 989.4 },
    vectorTeraflops: 66.9,
    gigabytesPerSecond: 3350,
  },
];

/** Whether an operation multiplies matrices: its work is done by other units than the rest. */
export function multiplies(operation: string): boolean {
  return /^(conv|gemm)/.test(operation);
}

/**
 * Milliseconds of an iteration if every operation took as long as its work at peak or its bytes at full bandwidth,
 * whichever is longer, and nothing in between. `counts`: sums over the calls of each operation.
 */
export function floorMilliseconds(
  counts: Iterable<readonly [operation: string, count: OperationCount]>,
  precision: Precision,
  { teraflops, vectorTeraflops, gigabytesPerSecond }: GpuPeaks,
): number {
  let milliseconds = 0;
  for (const [operation, { floatOperations, bytesTouched }] of counts) {
    const peak = multiplies(operation) ? teraflops[precision] : vectorTeraflops;
    milliseconds += Math.max(floatOperations / peak / 1e9, bytesTouched / gigabytesPerSecond / 1e6);
  }
  return milliseconds;
}
