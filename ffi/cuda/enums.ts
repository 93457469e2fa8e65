/** Numbers of the CUDA headers that this project passes on. */

/** `cudaMemcpyKind`, those used. */
export const MEMCPY_KIND = {
  HostToDevice: 1,
  DeviceToHost: 2,
  DeviceToDevice: 3,
} as const;

/** `cudaDeviceAttr`, those used. */
export const DEVICE_ATTRIBUTE = {
  MultiProcessorCount: 16,
} as const;

/** `cudaStreamCreateWithFlags`: does not wait for the legacy default stream. */
export const STREAM_NON_BLOCKING = 1;

/** `cudaEventCreateWithFlags`. */
export const EVENT_FLAGS = { Default: 0, DisableTiming: 2 } as const;

/** `cudaStreamCaptureMode`: what else the capturing thread may call meanwhile; the others need not care. */
export const STREAM_CAPTURE_MODE = { ThreadLocal: 1 } as const;

/** The statuses of the runtime (`cudaError_t`) that are treated apart; their names are asked from the library. */
export const RUNTIME_STATUS = {
  ErrorMemoryAllocation: 2,
  ErrorNotReady: 600,
} as const;
