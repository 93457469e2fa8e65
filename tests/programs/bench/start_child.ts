/** Opens an engine, trains one iteration of the small preset and prints the seconds since the process began. */
import { CpuBackend } from "../../../nn/backend/cpu/cpu_backend.ts";
import type { WordFormat } from "../../../nn/backend/cpu/multiply/word_format.ts";
import type { ProductCode } from "../../../nn/backend/cpu/native/choice.ts";
import { firstIteration } from "./iterations.ts";

const [code, format, threads] = Deno.args;
using backend = await CpuBackend.open({
  code: code as ProductCode,
  format: format as WordFormat,
  threads: Number(threads),
});
firstIteration(backend, { preset: "small" });
await Deno.stdout.write(new TextEncoder().encode(String(performance.now() / 1000)));
