/** The WebGPU engine's part of `deno task bench`: how fast it is, and whether that is faster than the processor. */
import { format as formatBytes } from "@std/fmt/bytes";
import { print } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { recordSpeed } from "../../../nn/backend/webgpu/speed_record.ts";
import { WebGpuBackend } from "../../../nn/backend/webgpu/webgpu_backend.ts";
import { benchConvolutions, benchProducts, productTable } from "./conv.ts";
import { type CpuBenchOptions, iterationLine } from "./cpu_bench.ts";
import { benchElementwise, elementwiseTable } from "./elementwise.ts";
import { benchIterations, WORKLOADS } from "./iterations.ts";

/** The workload that decides: the default training. */
const DECIDING = "small (default)";

/** Measures and prints as it goes; keeps what it found for `--device auto`. @throws {UserError} without an adapter */
export async function benchWebGpu({ threads, cpuEngine, only, filter, count }: CpuBenchOptions): Promise<void> {
  const workloads = WORKLOADS.filter(({ name }) => name.includes(filter || DECIDING));
  const wanted = (part: string) => only === undefined || only === part;
  if (only === "engines") throw new UserError("--only engines is about codes of the processor; leave --device out");
  using engine = WebGpuBackend.open();
  const { bindingLimitBytes, software } = engine.adapter, limit = formatBytes(bindingLimitBytes, { binary: true });
  print(`${engine.name}${software ? ", software" : ""}; ${limit} to a binding`);
  if (wanted("convolutions")) {
    print(productTable([...benchConvolutions(engine, filter), ...benchProducts(engine, filter)]));
  }
  if (wanted("elementwise")) print(elementwiseTable(benchElementwise(engine)));
  if (!wanted("iterations")) return;
  using processor = await openBackend("cpu", { threads, cpuEngine, notice: print });
  for (const { name, values } of workloads) {
    const [gpu, cpu] = [engine, processor].map((backend) => {
      const rows = benchIterations(backend, name, { ...values }, count);
      for (const row of rows) print(`${backend.name}: ${iterationLine(row)}`);
      return rows.reduce((sum, { secondsPerIteration }) => sum + secondsPerIteration, 0);
    });
    print(`${name}: WebGPU takes ${(gpu / cpu).toPrecision(2)} times as long as the processor`);
    if (name !== DECIDING) continue;
    recordSpeed(engine.adapter, cpu, gpu);
    const taken = gpu < cpu && !software;
    print(`--device auto takes ${taken ? "webgpu" : "the processor"} from now on, unless CUDA is there`);
  }
}
