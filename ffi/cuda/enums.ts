/** Numbers of the CUDA headers that this project passes on. */

/** `cudaMemcpyKind`. */
export const MEMCPY_KIND = {
  HostToHost: 0,
  HostToDevice: 1,
  DeviceToHost: 2,
  DeviceToDevice: 3,
  Default: 4,
} as const;

/** `cudaDeviceAttr`, those used. */
export const DEVICE_ATTRIBUTE = {
  ClockRate: 13,
  MultiProcessorCount: 16,
  MemoryClockRate: 36,
  GlobalMemoryBusWidth: 37,
  L2CacheSize: 38,
  ComputeCapabilityMajor: 75,
  ComputeCapabilityMinor: 76,
  MaxSharedMemoryPerBlockOptin: 97,
} as const;

/** `CUfunction_attribute`, those used. */
export const FUNCTION_ATTRIBUTE = {
  MAX_THREADS_PER_BLOCK: 0,
  SHARED_SIZE_BYTES: 1,
  LOCAL_SIZE_BYTES: 3,
  NUM_REGS: 4,
  MAX_DYNAMIC_SHARED_SIZE_BYTES: 8,
} as const;

/** `cudaStreamCreateWithFlags`: does not wait for the legacy default stream. */
export const STREAM_NON_BLOCKING = 1;

/** `cudaEventCreateWithFlags`. */
export const EVENT_FLAGS = { Default: 0, BlockingSync: 1, DisableTiming: 2 } as const;
