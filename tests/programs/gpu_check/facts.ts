/** The first part of the check, a program: writes a `DeviceReport` to the file it is told. The driver it opens may crash. */
import { writeFileAtomic } from "../../../base/files.ts";
import { diagnose } from "../../../doctor/report.ts";
import { openDevice } from "../../../nn/backend/cuda/device.ts";
import type { DeviceReport } from "./report.ts";

const { lines, problems } = diagnose(), found = [...problems];

/** The GPU, or null with a problem more. */
function gpu(): DeviceReport["gpu"] {
  if (found.length > 0) return null;
  try {
    const { name, capability, multiprocessors, totalBytes, driverVersion } = openDevice(0).facts;
    return { name, capability, multiprocessors, totalBytes, driverVersion };
  } catch (error) {
    found.push(error instanceof Error ? error.message : String(error));
    return null;
  }
}

/** Content of a file of the kernel, or null. */
function kernelFile(path: string): string | null {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return null;
  }
}

const report: DeviceReport = {
  lines,
  gpu: gpu(),
  problems: found,
  kernelModule: kernelFile("/proc/driver/nvidia/version")?.split("\n")[0].trim() ?? null,
  processor: /^model name\s*:\s*(.*)$/m.exec(kernelFile("/proc/cpuinfo") ?? "")?.[1] ?? Deno.build.arch,
  cores: navigator.hardwareConcurrency,
  deno: Deno.version.deno,
};
await writeFileAtomic(Deno.args[0], JSON.stringify(report));
