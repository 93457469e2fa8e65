/** Group 1: NVIDIA's real libraries without a device. */
import { assert, assertEquals, assertGreater, assertStringIncludes, assertThrows } from "@std/assert";
import { Communicator, CompilationError, LibraryError, openDriver, workerOf } from "../../ffi/mod.ts";
import { libraries, testWithLibraries } from "../helpers/nvidia_libraries.ts";

testWithLibraries("real libraries: every symbol of every table resolves, versions are read", () => {
  const { runtime, compiler, cublas, cudnn } = libraries;
  assertGreater(runtime.version(), 12000);
  assertEquals(compiler.version()[0], libraries.found.cudaMajor);
  assertEquals(cublas.version()[0], libraries.found.cudaMajor);
  assertGreater(cudnn.version(), 90000);
  assertEquals(Math.floor(cudnn.cudaVersion() / 1000), libraries.found.cudaMajor);
});

testWithLibraries("real libraries: they name their statuses", () => {
  const { runtime, compiler, cublas, cudnn } = libraries;
  for (
    const [{ library }, status, name] of [
      [runtime, 2, "cudaErrorMemoryAllocation"],
      [cublas, 14, "CUBLAS_STATUS_INTERNAL_ERROR"],
      [cudnn, 3000, "CUDNN_STATUS_NOT_SUPPORTED"],
      [compiler, 5, "NVRTC_ERROR_INVALID_OPTION"],
    ] as const
  ) {
    const error = assertThrows(() => library.expect("called", status), LibraryError);
    assertEquals([error.status, error.statusName], [status, name]);
  }
});

testWithLibraries("real libraries: without a driver the runtime says so", () => {
  if (openDriver().driver) return;
  assertEquals(libraries.runtime.driverVersion(), 0);
  const error = assertThrows(() => libraries.runtime.deviceCount(), LibraryError);
  assertEquals([error.status, error.statusName], [35, "cudaErrorInsufficientDriver"]);
  assertStringIncludes(error.message, "CUDA driver version is insufficient");
  assertThrows(() => libraries.runtime.setDevice(0), LibraryError);
});

testWithLibraries("Compiler: machine code, text for newer devices, the log of what does not compile", () => {
  const source = 'extern "C" __global__ void twice(float* x) { x[threadIdx.x] *= 2; }';
  const { image } = libraries.compiler.compile(source, "twice.cu", ["--gpu-architecture=sm_80"]);
  assertEquals([...image.subarray(1, 4)], [..."ELF"].map((letter) => letter.charCodeAt(0)));
  const ptx = libraries.compiler.compile(source, "twice.cu", ["--gpu-architecture=compute_80"]).image;
  assertStringIncludes(new TextDecoder().decode(ptx), ".visible .entry twice");
  assertEquals(ptx.at(-1), 0);
  const broken = () => libraries.compiler.compile("__global__ void f() { y = 1; }", "broken.cu", []);
  assertStringIncludes(assertThrows(broken, CompilationError).message, 'broken.cu(1): error: identifier "y"');
  const bad = () => libraries.compiler.compile(source, "twice.cu", ["--gpu-architecture=sm_1"]);
  assert(assertThrows(bad) instanceof Error);
});

const { nccl } = libraries;
Deno.test({
  name: `NCCL: versions, ids, and what it says without a device${nccl ? "" : " (skipped: not found: libnccl.so.2)"}`,
  ignore: nccl === null,
  fn: () => {
    if (!nccl) return;
    assertGreater(nccl.version(), 21400);
    const [id, other] = [nccl.uniqueId(), nccl.uniqueId()];
    assert(id.toHex() !== other.toHex());
    if (openDriver().driver) return;
    const error = assertThrows(() => new Communicator(nccl, { rank: 0, size: 1 }, id), LibraryError);
    assertEquals([error.status, error.statusName], [1, "ncclUnhandledCudaError"]);
    assertStringIncludes(error.message, "CUDA driver version is insufficient");
  },
});

Deno.test("workerOf: the place that torchrun gives a process; none without", () => {
  const of = (variables: Record<string, string>) => workerOf((name) => variables[name]);
  assertEquals(of({}), null);
  assertEquals(of({ RANK: "1", WORLD_SIZE: "4" }), null);
  const place = { RANK: "3", WORLD_SIZE: "4", LOCAL_RANK: "1" };
  assertEquals(of(place), { rank: 3, size: 4, localRank: 1, localSize: 4 });
  assertEquals(of({ ...place, LOCAL_WORLD_SIZE: "2" })?.localSize, 2);
  assertEquals(of({ ...place, RANK: "4" }), null);
});
