/** `deno task cuda-emulator`: builds the emulated device and prints its folder. */
import { z } from "zod";
import { print, runCommand } from "../../../base/command.ts";
import { UserError } from "../../../base/errors.ts";
import { tell } from "../../../base/output.ts";
import { buildEmulator, findCompiler } from "./build.ts";

await runCommand({
  name: "deno task cuda-emulator",
  summary:
    "Builds the emulated CUDA device of the tests, which takes minutes, and prints its folder, for FCR_CUDA_PATH.",
  options: z.object({}),
  async run() {
    const compiler = findCompiler();
    if (!compiler) throw new UserError("found no C++ compiler (c++, g++, clang++ or $CXX); install one");
    const onProgress = (done: number, total: number) => tell(`${done} of ${total} files compiled\n`);
    print(await buildEmulator(compiler, { onProgress }));
  },
}, Deno.args);
