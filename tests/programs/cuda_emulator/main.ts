/** `deno task cuda-emulator`: builds the emulated device and prints its folder. */
import { print } from "../../../base/command.ts";
import { buildEmulator, findCompiler } from "./build.ts";

const compiler = findCompiler();
if (!compiler) {
  print("no C++ compiler found (c++, g++, clang++ or $CXX)");
  Deno.exit(1);
}
print(await buildEmulator(compiler));
