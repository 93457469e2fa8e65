/**
 * The first part of the check, a program: writes a `DeviceReport` of the engine `<engine>` to `<file>`. The driver that it
 * opens may crash.
 */
import { writeFileAtomic } from "../../../base/files.ts";
import { diagnose } from "../../../doctor/report.ts";
import { webGpuLines } from "../../../doctor/webgpu_report.ts";
import { openDevice } from "../../../nn/backend/cuda/device.ts";
import { WorkerLink } from "../../../nn/backend/webgpu/worker_link.ts";
import type { DeviceReport } from "./report.ts";

type Found = Pick<DeviceReport, "lines" | "gpu" | "problems">;

/** What there is; the GPU is not opened if there are problems already. */
function found(lines: readonly string[], problems: readonly string[], open: () => DeviceReport["gpu"]): Found {
  if (problems.length > 0) return { lines, problems, gpu: null };
  try {
    return { lines, problems, gpu: open() };
  } catch (error) {
    return { lines, problems: [error instanceof Error ? error.message : String(error)], gpu: null };
  }
}

function cuda(): Found {
  const { lines, problems } = diagnose();
  return found(lines, problems, () => {
    const { name, capability, multiprocessors, totalBytes, driverVersion } = openDevice(0).facts;
    return { name, capability, multiprocessors, totalBytes, driverVersion };
  });
}

async function webGpu(): Promise<Found> {
  return found(await webGpuLines(), [], () => {
    using link = new WorkerLink();
    return link.facts;
  });
}

/** Content of a file of the kernel, or null. */
function kernelFile(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

const [engine, file] = Deno.args;
const report: DeviceReport = {
  ...engine === "webgpu" ? await webGpu() : cuda(),
  kernelModule: kernelFile("/proc/driver/nvidia/version")?.split("\n")[0].trim() ?? null,
  system: `${Deno.build.os} ${Deno.osRelease()}, ${Deno.build.arch}`,
  processor: /^model name\s*:\s*(.*)$/m.exec(kernelFile("/proc/cpuinfo") ?? "")?.[1] ?? Deno.build.arch,
  cores: navigator.hardwareConcurrency,
  deno: Deno.version.deno,
};
await writeFileAtomic(file, JSON.stringify(report));
