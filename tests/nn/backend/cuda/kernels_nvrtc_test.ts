/** The kernels compiled by the real NVRTC, which needs no GPU. */
import { assert, assertEquals } from "@std/assert";
import { CudaLibraries, processEnvironment } from "../../../../ffi/mod.ts";
import { kernelSources } from "../../../../nn/backend/cuda/kernel_sources.ts";
import { signaturesIn } from "../../../../nn/backend/cuda/kernel_signature.ts";

const SOURCES = kernelSources(["f32", "bf16"]);
const ARCHITECTURES = [80, 86, 89, 90];
/** Registers that leave room for 1024 threads per multiprocessor. */
const MOST_REGISTERS = 64;

const libraries = new CudaLibraries(processEnvironment());
const path = libraries.found.found.nvrtc?.path;
// The emulated device (FCR_CUDA_PATH) has no ptxas.
const missing = path === undefined || path.includes("cuda_emulator");

for (const architecture of ARCHITECTURES) {
  Deno.test({
    name: `kernels: compile for sm_${architecture} without spills${missing ? " (skipped: NVRTC not found)" : ""}`,
    ignore: missing,
    fn: () => {
      const compiled = new Set<string>();
      for (const { name: module, type, source } of SOURCES) {
        const options = [`--gpu-architecture=sm_${architecture}`, "--std=c++17", "--ptxas-options=-v"];
        const { image, log } = libraries.compiler.compile(source, `${module}.cu`, options);
        assert(image.length > 0);
        assert(!/warning/i.test(log), log);
        for (const { name, text } of reports(log)) {
          assert(/\b0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads/.test(text), `${name}: ${text}`);
          const registers = Number(text.match(/Used (\d+) registers/)?.[1]);
          assert(registers <= MOST_REGISTERS, `${name} uses ${registers} registers`);
          compiled.add(`${name} ${type}`);
        }
      }
      const written = SOURCES.flatMap(({ source, type }) => signaturesIn(source).map(({ name }) => `${name} ${type}`));
      assertEquals([...compiled].sort(), written.sort());
    },
  });
}

Deno.test({
  name: `kernels: rows of 12 classes are read from shared memory 128 bits at a time${
    missing ? " (skipped: NVRTC not found)" : ""
  }`,
  ignore: missing,
  fn: () => {
    const options = ["--gpu-architecture=compute_80", "--std=c++17"];
    const { source } = SOURCES.find(({ name }) => name === "row_losses")!;
    const { image } = libraries.compiler.compile(source, "row_losses.cu", options);
    const entries = new TextDecoder().decode(image).split(".visible .entry ").slice(1);
    const rows = entries.map((text) => ({ name: text.slice(0, text.indexOf("(")), text }))
      .filter(({ name }) => name.endsWith("_12"));
    assertEquals(rows.length, 4);
    for (const { name, text } of rows) {
      assert((text.match(/ld\.shared\.v4\.f32/g) ?? []).length >= 3, name);
      // One is left to the end of a tile's copy. Others, 12 words apart, would meet in the same banks.
      assert((text.match(/ld\.shared\.f32/g) ?? []).length <= 1, name);
    }
  },
});

/** What ptxas says about each kernel. */
function reports(log: string): { name: string; text: string }[] {
  return log.split(/Compiling entry function '/).slice(1).map((text) => ({
    name: text.slice(0, text.indexOf("'")),
    text,
  }));
}
