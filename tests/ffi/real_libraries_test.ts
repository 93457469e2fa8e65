/** Group 1: NVIDIA's real libraries without a device. */
import { assert, assertEquals, assertGreater, assertStringIncludes, assertThrows } from "@std/assert";
import { CUBLAS_STATUS } from "../../ffi/cublas/status.ts";
import { RUNTIME_STATUS } from "../../ffi/cuda/runtime_status.ts";
import { CUDNN_STATUS } from "../../ffi/cudnn/status.ts";
import { NVRTC_STATUS } from "../../ffi/nvrtc/status.ts";
import { CompilationError, LibraryError, openDriver } from "../../ffi/mod.ts";
import { libraries, testWithLibraries } from "../helpers/nvidia_libraries.ts";

const text = (pointer: Deno.PointerValue) => pointer ? Deno.UnsafePointerView.getCString(pointer) : "";

testWithLibraries("real libraries: every symbol of every table resolves, versions are read", () => {
  const { runtime, compiler, cublas, cudnn } = libraries;
  assertGreater(runtime.version(), 12000);
  assertEquals(compiler.version()[0], libraries.found.cudaMajor);
  assertEquals(cublas.version()[0], libraries.found.cudaMajor);
  assertGreater(cudnn.version(), 90000);
  assertEquals(Math.floor(cudnn.cudaVersion() / 1000), libraries.found.cudaMajor);
});

testWithLibraries("real libraries: statuses have the names that the libraries give them", () => {
  using opened = new DisposableStack();
  const named = { parameters: ["i32"], result: "pointer" } as const;
  const runtimeNames = Deno.dlopen(libraries.runtime.library.path, { cudaGetErrorName: named });
  opened.defer(() => runtimeNames.close());
  for (const [name, status] of Object.entries(RUNTIME_STATUS)) {
    // Names that this version does not know yet or any more.
    const known = text(runtimeNames.symbols.cudaGetErrorName(status));
    if (known !== "unrecognized error code") assertEquals(known, name);
  }
  const cublasNames = Deno.dlopen(libraries.cublas.library.path, { cublasGetStatusName: named });
  opened.defer(() => cublasNames.close());
  for (const [name, status] of Object.entries(CUBLAS_STATUS)) {
    assertEquals(text(cublasNames.symbols.cublasGetStatusName(status)), name);
  }
  const { raw: nvrtc } = libraries.compiler.library;
  for (const [name, status] of Object.entries(NVRTC_STATUS)) {
    const known = text(nvrtc.nvrtcGetErrorString(status));
    if (!known.includes("unknown")) assertEquals(known, name);
  }
  const { raw: cudnn } = libraries.cudnn.library;
  for (const [name, status] of Object.entries(CUDNN_STATUS)) {
    const known = text(cudnn.cudnnGetErrorString(status));
    if (known.startsWith("CUDNN_STATUS_")) assertEquals(known, name);
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
