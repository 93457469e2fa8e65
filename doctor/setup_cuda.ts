/** `deno task setup:cuda`: NVIDIA's libraries from PyPI into the project's own virtual environment. */
import { join } from "@std/path";
import { z } from "zod";
import { print, runCommand } from "../base/command.ts";
import { UserError } from "../base/errors.ts";
import { CudaLibraries, cudaSystemProblem, openDriver, processEnvironment } from "../ffi/mod.ts";

/** Wheels by CUDA version. */
const WHEELS: Readonly<Record<"12" | "13", readonly string[]>> = {
  "13": [
    "nvidia-cuda-runtime>=13,<14",
    "nvidia-cuda-nvrtc>=13,<14",
    "nvidia-cublas>=13,<14",
    "nvidia-cudnn-cu13>=9,<10",
  ],
  "12": ["nvidia-cuda-runtime-cu12", "nvidia-cuda-nvrtc-cu12", "nvidia-cublas-cu12", "nvidia-cudnn-cu12>=9,<10"],
};

await runCommand({
  name: "deno task setup:cuda",
  summary: "Installs the CUDA runtime, NVRTC, cuBLAS and cuDNN (about 2 GB) with pip into .venv beside deno.json.",
  options: z.object({
    cuda: z.enum(["auto", "12", "13"]).default("auto").describe("version; auto: the newest that the driver runs"),
  }),
  examples: [["deno task setup:cuda", "then: deno task doctor"]],
  async run({ cuda }) {
    const problem = cudaSystemProblem();
    if (problem !== null) throw new UserError(problem);
    const environment = processEnvironment(), folder = join(environment.projectFolder, ".venv");
    const version = cuda === "auto" ? versionForDriver() : cuda;
    print(`Installing CUDA ${version} libraries into ${folder}`);
    await python("python3", ["-m", "venv", folder], "install Python 3 with its venv module (python3-venv)");
    await python(
      join(folder, "bin", "python"),
      ["-m", "pip", "install", "--disable-pip-version-check", ...WHEELS[version]],
      "check the network and the space on the disk, then start again",
    );
    const { found, missing } = new CudaLibraries(environment).found;
    for (const { path } of Object.values(found)) print(`  ${path}`);
    if (missing.length > 0) throw new UserError(`${folder}: pip succeeded, but ${missing.join(", ")} is not there`);
    print("Done; deno task doctor tells whether everything works");
  },
}, Deno.args);

/** CUDA 13 unless the driver is too old for it. */
function versionForDriver(): "12" | "13" {
  const { driver } = openDriver();
  return driver && driver.version() < 13000 ? "12" : "13";
}

async function python(program: string, args: readonly string[], remedy: string): Promise<void> {
  let success = false, reason = "it failed";
  try {
    ({ success } = await new Deno.Command(program, { args: [...args], stdin: "null" }).spawn().status);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (!success) throw new UserError(`${program} ${args.slice(0, 3).join(" ")}: ${reason}; ${remedy}`);
}
