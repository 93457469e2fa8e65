/** The WebGPU engine's part of `deno task bench`: how fast it is, and whether that is faster than the processor. */
import { format as formatBytes } from "@std/fmt/bytes";
import { print } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { openBackend } from "../../../nn/backend/open.ts";
import { recordSpeed } from "../../../nn/backend/webgpu_speed.ts";
import { WebGpuBackend } from "../../../nn/backend/webgpu/webgpu_backend.ts";
import { WorkerLink } from "../../../nn/backend/webgpu/worker_link.ts";
import { type Clock, wallClock } from "./clock.ts";
import { benchConvolutions, benchProducts, productTable } from "./conv.ts";
import { type CpuBenchOptions, iterationLine } from "./cpu_bench.ts";
import { benchElementwise, elementwiseTable } from "./elementwise.ts";
import { benchIterations, WORKLOADS } from "./iterations.ts";
import { type DeviceRates, deviceRates } from "./webgpu_rates.ts";

/** The workload that decides: the default training. */
const DECIDING = "small (default)";

/** Measures and prints as it goes; keeps what it found for `--device auto`. @throws {UserError} without an adapter */
export async function benchWebGpu({ threads, cpuEngine, only, filter, count }: CpuBenchOptions): Promise<void> {
  const workloads = WORKLOADS.filter(({ name }) => name.includes(filter || DECIDING));
  const wanted = (part: string) => only === undefined || only === part;
  if (only === "engines") throw new UserError("--only engines is about codes of the processor; leave --device out");
  const link = new WorkerLink();
  using engine = new WebGpuBackend(link);
  const { bindingLimitBytes, software, timeStamps } = engine.adapter;
  const limit = formatBytes(bindingLimitBytes, { binary: true });
  print(`${engine.name}${software ? ", software" : ""}; ${limit} to a binding`);
  if (wanted("convolutions") || wanted("elementwise")) {
    const byWall = deviceRates(link, wallClock(engine)),
      byStamps = timeStamps ? deviceRates(link, stampClock(engine)) : null;
    const stamped = byStamps !== null && agree(byWall, byStamps), clock = stamped ? stampClock(engine) : undefined;
    const { copyGigabytes, multiplyGflops } = stamped ? byStamps : byWall;
    const rates = `copies ${copyGigabytes.toFixed(1)} GB/s, multiplies and adds ${multiplyGflops.toFixed(0)} GFLOP/s`;
    print(`By ${stamped ? "its own time stamps" : "the wall's clock"} the device ${rates}; percents are of these`);
    if (wanted("convolutions")) {
      const rows = [...benchConvolutions(engine, { filter, clock }), ...benchProducts(engine, { filter, clock })];
      print(productTable(rows, multiplyGflops));
    }
    if (wanted("elementwise")) print(elementwiseTable(benchElementwise(engine), copyGigabytes));
  }
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

/** Whether a device's time stamps count nanoseconds, as they should: else they are far from what the wall's clock says. */
function agree({ multiplyGflops: wall }: DeviceRates, { multiplyGflops: stamped }: DeviceRates): boolean {
  return stamped > wall / 2 && stamped < 4 * wall;
}

/** By the stamps that the device puts around its work. @throws {TypeError} for too much work at once */
function stampClock(engine: WebGpuBackend): Clock {
  return (work) => {
    const seconds = engine.deviceSeconds(work) ?? NaN;
    if (Number.isNaN(seconds)) throw new TypeError("more work than the device's time stamps can be taken of");
    return 1000 * seconds;
  };
}
