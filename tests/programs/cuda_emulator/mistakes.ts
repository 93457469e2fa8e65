/**
 * What the emulated device has to catch. Tests of their own process (`emulator_test.ts` runs them): most of them break
 * the device for good, so each runs on the device only if `FCR_MISTAKE` names it.
 */
import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import {
  ArgumentArena,
  CudaLibraries,
  DeviceMemory,
  Event,
  Graph,
  LibraryError,
  Module,
  openDriver,
  PinnedMemory,
  Stream,
} from "../../../ffi/mod.ts";

const KERNELS = `
extern "C" __global__ void __launch_bounds__(64) increment(float *x, unsigned count) {
  for (unsigned i = threadIdx.x; i < count; i += blockDim.x) x[i] += 1.0f;
}
extern "C" __global__ void vectors(float4 *x, unsigned) { x[threadIdx.x].x = 1.0f; }
extern "C" __global__ void divergent(float *x, unsigned count) {
  if (threadIdx.x < count) __syncthreads();
  *x = 1.0f;
}
extern "C" __global__ void reversed(float *x, unsigned count) {
  extern __shared__ float tile[];
  __shared__ unsigned last;
  tile[threadIdx.x] = x[threadIdx.x];
  if (threadIdx.x == 0) last = count - 1;
  __syncthreads();
  x[threadIdx.x] = tile[last - threadIdx.x];
}
`;

const { driver, problem } = openDriver();
if (!driver) throw new Error(problem);
driver.initialize();
const libraries = new CudaLibraries(undefined, driver.version()), { compiler, runtime } = libraries;
runtime.setDevice(0);

/** Launches a kernel of {@link KERNELS} on `x`; what the device says when it is waited for. */
function launch(name: string, x: bigint, count: number, threads: number, sharedBytes = 0): void {
  if (!driver) throw new Error("no driver");
  using stream = new Stream(runtime);
  const { image } = compiler.compile(KERNELS, "mistakes.cu", ["--gpu-architecture=sm_90"]);
  using module = new Module(driver, image);
  const arguments_ = new ArgumentArena();
  arguments_.set(0, "pointer", x);
  arguments_.set(1, "u32", count);
  module.function(name).launch([1, 1, 1], [threads, 1, 1], sharedBytes, stream.handle, arguments_);
  stream.synchronize();
}

const cases: Record<string, () => void> = {
  "nothing wrong": () => {
    using x = new DeviceMemory(runtime, 256 * 4);
    using pinned = new PinnedMemory(runtime, 256 * 4);
    using stream = new Stream(runtime);
    const numbers = new Float32Array(pinned.bytes.buffer, 0, 256);
    numbers.forEach((_, i) => numbers[i] = i);
    stream.copy("HostToDevice", x.address, pinned.address, 1024);
    stream.synchronize();
    launch("increment", x.address, 256, 64);
    launch("reversed", x.address, 64, 64, 256);
    stream.copy("DeviceToHost", pinned.address, x.address, 1024);
    stream.synchronize();
    assertEquals([...numbers.subarray(0, 3), numbers[255]], [64, 63, 62, 256]);
  },
  "a kernel writes behind its memory": () => {
    using x = new DeviceMemory(runtime, 256 * 4);
    assertThrows(() => launch("increment", x.address, 257, 64), LibraryError, "illegal");
    throw new Error("the device is broken, as it should be");
  },
  "a kernel writes behind its memory, within the alignment": () => {
    using x = new DeviceMemory(runtime, 250 * 4);
    launch("increment", x.address, 251, 64);
  },
  "a kernel gets released memory": () => {
    const x = new DeviceMemory(runtime, 1024), { address } = x;
    x[Symbol.dispose]();
    assertThrows(() => launch("increment", address, 1, 64), LibraryError, "CUDA_ERROR_INVALID_VALUE");
  },
  "a kernel reads 16 bytes from 4": () => {
    using x = new DeviceMemory(runtime, 1024);
    assertThrows(() => launch("vectors", x.address + 4n, 1, 1), LibraryError);
    throw new Error("the device is broken, as it should be");
  },
  "not all threads come to a barrier": () => {
    using x = new DeviceMemory(runtime, 1024);
    assertThrows(() => launch("divergent", x.address, 3, 64), LibraryError);
    throw new Error("the device is broken, as it should be");
  },
  "more threads than the launch bound": () => {
    using x = new DeviceMemory(runtime, 1024);
    assertThrows(() => launch("increment", x.address, 1, 65), LibraryError, "CUDA_ERROR_INVALID_VALUE");
  },
  "more shared memory than allowed": () => {
    using x = new DeviceMemory(runtime, 1024);
    assertThrows(() => launch("reversed", x.address, 64, 64, 49153), LibraryError, "CUDA_ERROR_INVALID_VALUE");
  },
  "pinned memory is written before it was read": () => {
    using x = new DeviceMemory(runtime, 4);
    using pinned = new PinnedMemory(runtime, 4);
    using stream = new Stream(runtime);
    pinned.bytes.fill(1);
    stream.copy("HostToDevice", x.address, pinned.address, 4);
    pinned.bytes.fill(2);
    stream.copy("DeviceToHost", pinned.address, x.address, 4);
    stream.synchronize();
    assertEquals(pinned.bytes[0], 1);
  },
  "a copy behind the end": () => {
    using x = new DeviceMemory(runtime, 1024);
    using pinned = new PinnedMemory(runtime, 2048);
    using stream = new Stream(runtime);
    assertThrows(() => stream.copy("HostToDevice", x.address, pinned.address, 1025), LibraryError, "InvalidValue");
  },
  "memory is never released": () => {
    assert(new DeviceMemory(runtime, 1024).address > 0n);
    assert(new Event(runtime).handle > 0n);
  },
  "a kernel that does not compile": () => {
    const error = assertThrows(() => compiler.compile("int x = ;", "wrong.cu", ["--gpu-architecture=sm_90"]));
    assertStringIncludes(String(error), "wrong.cu:1");
  },
  "what is captured runs with each launch of the graph": () => {
    using pinned = new PinnedMemory(runtime, 4);
    using memory = new DeviceMemory(runtime, 4);
    using stream = new Stream(runtime);
    const read = () => {
      stream.copy("DeviceToHost", pinned.address, memory.address, 4);
      stream.synchronize();
      return pinned.bytes[0];
    };
    stream.fillBytes(memory.address, 1, 4);
    using graph = new Graph(stream, () => stream.fillBytes(memory.address, 2, 4));
    assertEquals(read(), 1);
    for (let i = 0; i < 2; i++) {
      stream.fillBytes(memory.address, 1, 4);
      graph.launch(stream);
      assertEquals(read(), 2);
    }
  },
  "what cannot be captured": () => {
    using memory = new DeviceMemory(runtime, 4);
    using stream = new Stream(runtime);
    using event = new Event(runtime);
    event.record(stream);
    const { library } = runtime, pageable = BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(new Uint8Array(4))));
    const refused: Readonly<Record<string, () => void>> = {
      StreamCaptureUnsupported: () => new DeviceMemory(runtime, 4),
      "cudaFree returned cudaErrorStreamCaptureUnsupported": () => library.call.cudaFree(memory.address),
      "cudaStreamSynchronize returned cudaErrorStreamCaptureUnsupported": () => stream.synchronize(),
      "cudaEventSynchronize returned cudaErrorStreamCaptureUnsupported": () => event.synchronize(),
      "cudaMemcpyAsync returned cudaErrorStreamCaptureUnsupported": () =>
        stream.copy("DeviceToHost", pageable, memory.address, 4),
      "cudaStreamWaitEvent returned cudaErrorStreamCaptureIsolation": () => stream.wait(event),
      StreamCaptureImplicit: () => library.call.cudaMemsetAsync(memory.address, 0, 4n, 0n), // the legacy stream
    };
    for (const [message, call] of Object.entries(refused)) {
      assertThrows(() => new Graph(stream, call), LibraryError, message);
      // Who goes on all the same gets no graph.
      assertThrows(() => new Graph(stream, () => assertThrows(call)), LibraryError, "StreamCaptureInvalidated");
    }
    stream.synchronize();
  },
  "memory runs out": () => {
    assertThrows(() => new DeviceMemory(runtime, 2 ** 40), LibraryError, "cudaErrorMemoryAllocation");
    // FCR_EMULATOR_FAIL=cudaMalloc:3=2
    using first = new DeviceMemory(runtime, 4);
    assertThrows(() => new DeviceMemory(runtime, 4), LibraryError, "cudaErrorMemoryAllocation");
    using third = new DeviceMemory(runtime, 4);
    assert(first.address !== third.address);
  },
};

const wanted = cases[Deno.args[0]];
if (!wanted) throw new Error(`no case "${Deno.args[0]}"; there are ${Object.keys(cases).join(", ")}`);
wanted();
