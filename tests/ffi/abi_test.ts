/** Every signature and number that ffi/ gives to C, against what NVIDIA's headers say (tests/fixtures/cuda/abi.json). */
import { assert, assertEquals } from "@std/assert";
import { CUBLAS_SYMBOLS } from "../../ffi/cublas/symbols.ts";
import { DRIVER_SYMBOLS } from "../../ffi/cuda/driver_symbols.ts";
import { RUNTIME_SYMBOLS } from "../../ffi/cuda/runtime_symbols.ts";
import { CUDNN_SYMBOLS } from "../../ffi/cudnn/symbols.ts";
import { NCCL_SYMBOLS } from "../../ffi/nccl/symbols.ts";
import { NVRTC_SYMBOLS } from "../../ffi/nvrtc/symbols.ts";
import * as cublas from "../../ffi/cublas/enums.ts";
import * as cuda from "../../ffi/cuda/enums.ts";
import * as cudnn from "../../ffi/cudnn/enums.ts";
import * as nccl from "../../ffi/nccl/enums.ts";

interface Declaration {
  readonly library: string;
  readonly result: string;
  readonly resultDeno: string;
  /** C type, name, suggested Deno type, role. */
  readonly parameters: readonly (readonly [string, string, Deno.NativeType, string])[];
}

interface Abi {
  readonly functions: Readonly<Record<string, Declaration>>;
  readonly enums: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

const abi: Abi = JSON.parse(Deno.readTextFileSync(new URL("../fixtures/cuda/abi.json", import.meta.url)));

const TABLES: Readonly<Record<string, Deno.ForeignLibraryInterface>> = {
  cudart: RUNTIME_SYMBOLS,
  cuda: DRIVER_SYMBOLS,
  nvrtc: NVRTC_SYMBOLS,
  cublas: CUBLAS_SYMBOLS,
  cudnn: CUDNN_SYMBOLS,
  nccl: NCCL_SYMBOLS,
};

/** Deno types that pass a C parameter correctly. Handles are 8-byte numbers here: see deno's `u64`. */
function expected([type, , suggested, role]: Declaration["parameters"][number]): Deno.NativeType {
  if (role !== "handle") return suggested;
  assert(/_t$|^CU|^nvrtcProgram$/.test(type.replace("const ", "")), `${type} is no handle`);
  return "u64";
}

for (const [library, table] of Object.entries(TABLES)) {
  Deno.test(`${library}: order, count and types of every signature are those of the headers`, () => {
    for (const [name, definition] of Object.entries(table)) {
      const declared = abi.functions[name];
      assert(declared, `${name} is in no header`);
      assert("parameters" in definition);
      assertEquals(declared.library, library, name);
      assertEquals<unknown>(definition.result, declared.resultDeno, `result of ${name}`);
      assertEquals(definition.parameters.length, declared.parameters.length, `parameters of ${name}`);
      declared.parameters.forEach((parameter, index) => {
        assertEquals(definition.parameters[index], expected(parameter), `${name}, ${parameter[1]}: ${parameter[0]}`);
      });
    }
  });

  Deno.test(`${library}: the C declaration beside each parameter is that of the header`, async () => {
    const file = { cudart: "cuda/runtime_symbols", cuda: "cuda/driver_symbols" }[library] ?? `${library}/symbols`;
    const text = await Deno.readTextFile(new URL(`../../ffi/${file}.ts`, import.meta.url));
    for (const name of Object.keys(table)) {
      const start = text.indexOf(`  ${name}: {`), body = text.slice(start, text.indexOf("\n  },", start));
      const comments = [...body.matchAll(/(?:"\w+"|[A-Z_]+), \/\/ (.*)/g)].map(([, comment]) => comment);
      const { parameters, result } = abi.functions[name];
      assertEquals(comments, [...parameters.map(([type, parameter]) => `${type} ${parameter}`), result], name);
    }
  });
}

Deno.test("fixture: holds no function that is not called", () => {
  const called = Object.values(TABLES).flatMap((table) => Object.keys(table)).sort();
  assertEquals(Object.keys(abi.functions).sort(), called);
});

/** Our table, the header's enum, and how a name of ours is spelled there. */
const ENUMS: readonly [Readonly<Record<string, number>>, string, (name: string) => string][] = [
  [cuda.RUNTIME_STATUS, "cudaError", (name) => `cuda${name}`],
  [cuda.MEMCPY_KIND, "cudaMemcpyKind", (name) => `cudaMemcpy${name}`],
  [cuda.STREAM_CAPTURE_MODE, "cudaStreamCaptureMode", (name) => `cudaStreamCaptureMode${name}`],
  [cuda.DEVICE_ATTRIBUTE, "cudaDeviceAttr", (name) => `cudaDevAttr${name}`],
  [cublas.CUBLAS_OPERATION, "cublasOperation_t", (name) => `CUBLAS_OP_${name}`],
  [cublas.CUBLAS_COMPUTE, "cublasComputeType_t", (name) => `CUBLAS_COMPUTE_${name}`],
  [cublas.CUDA_DATA_TYPE, "cudaDataType_t", (name) => `CUDA_${name}`],
  [cublas.LIBRARY_PROPERTY, "libraryPropertyType_t", (name) => name],
  [cudnn.DESCRIPTOR_TYPE, "cudnnBackendDescriptorType_t", (name) => `CUDNN_BACKEND_${name}_DESCRIPTOR`],
  [cudnn.ATTRIBUTE, "cudnnBackendAttributeName_t", (name) => `CUDNN_ATTR_${name}`],
  [cudnn.ATTRIBUTE_TYPE, "cudnnBackendAttributeType_t", (name) => `CUDNN_TYPE_${name}`],
  [cudnn.DATA_TYPE, "cudnnDataType_t", (name) => `CUDNN_DATA_${name}`],
  [cudnn.HEURISTIC_MODE, "cudnnBackendHeurMode_t", (name) => `CUDNN_HEUR_MODE_${name}`],
  [cudnn.NUMERICAL_NOTE, "cudnnBackendNumericalNote_t", (name) => `CUDNN_NUMERICAL_NOTE_${name}`],
  [cudnn.BEHAVIOR_NOTE, "cudnnBackendBehaviorNote_t", (name) => `CUDNN_BEHAVIOR_NOTE_${name}`],
  [cudnn.CONVOLUTION_MODE, "cudnnConvolutionMode_t", (name) => `CUDNN_${name}`],
  [nccl.NCCL_RESULT, "ncclResult_t", (name) => `nccl${name}`],
  [nccl.NCCL_DATA_TYPE, "ncclDataType_t", (name) => `nccl${name}`],
  [nccl.NCCL_REDUCTION, "ncclRedOp_t", (name) => `nccl${name}`],
];

for (const [own, name, spelled] of ENUMS) {
  Deno.test(`${name}: every number is that of the header`, () => {
    for (const [key, value] of Object.entries(own)) assertEquals(abi.enums[name][spelled(key)], value, spelled(key));
  });
}

Deno.test("ffi: every function of every table is called by ffi itself", async () => {
  const sources: string[] = [];
  const root = new URL("../../ffi/", import.meta.url);
  for await (const folder of Deno.readDir(root)) {
    if (!folder.isDirectory) continue;
    for await (const { name } of Deno.readDir(new URL(`${folder.name}/`, root))) {
      sources.push(await Deno.readTextFile(new URL(`${folder.name}/${name}`, root)));
    }
  }
  const text = sources.join("\n");
  for (const name of Object.values(TABLES).flatMap((table) => Object.keys(table))) {
    assert(new RegExp(`\\b(raw|call)\\.${name}\\b`).test(text), `${name} is called nowhere`);
  }
});
