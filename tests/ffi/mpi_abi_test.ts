/** Every signature and number that ffi/mpi gives to C, against the headers of the MPIs that are installed. */
import { assert, assertEquals } from "@std/assert";
import { type MpiAbi, MPICH, OPEN_MPI } from "../../ffi/mpi/abi.ts";
import { launcherOf } from "../../ffi/mpi/launcher.ts";
import { MPI_SYMBOLS } from "../../ffi/mpi/symbols.ts";
import { INSTALLED_MPIS } from "../helpers/ranks.ts";
import { deadline } from "../helpers/task.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

/** Names of the standard for the handles of the table. */
const HANDLES = {
  world: "MPI_COMM_WORLD",
  errorsReturn: "MPI_ERRORS_RETURN",
  byte: "MPI_BYTE",
  float: "MPI_FLOAT",
  double: "MPI_DOUBLE",
  sum: "MPI_SUM",
  max: "MPI_MAX",
} as const;

/** The C declaration that stands beside each parameter, by function. */
async function declaredParameters(): Promise<Map<string, string[]>> {
  const text = await Deno.readTextFile(new URL("../../ffi/mpi/symbols.ts", import.meta.url));
  const functions = [...text.matchAll(/^ {2}(MPI_\w+): \{\n(.*?)^ {2}\},/gms)];
  return new Map(functions.map(([, name, body]) => [name, [...body.matchAll(/\/\/ (.*)/g)].map(([, c]) => c)]));
}

Deno.test("MPI: each parameter has the Deno type of its C declaration", async () => {
  const declared = await declaredParameters();
  assertEquals([...declared.keys()], Object.keys(MPI_SYMBOLS));
  for (const [name, { parameters, result }] of Object.entries(MPI_SYMBOLS)) {
    assertEquals(result, "i32", name);
    const allowed = declared.get(name)!.map((c) =>
      /\*/.test(c) ? ["buffer", "pointer", "u64"] : /^int /.test(c) ? ["i32"] : /^MPI_\w+ /.test(c) ? ["u64"] : []
    );
    assertEquals(parameters.length, allowed.length, name);
    parameters.forEach((type, index) => assert(allowed[index].includes(type), `${name}, parameter ${index}: ${type}`));
  }
});

for (
  const [abi, compiler, title] of [[OPEN_MPI, "mpicc.openmpi", "Open MPI"], [MPICH, "mpicc.mpich", "MPICH"]] as const
) {
  const ignore = !INSTALLED_MPIS.some(({ name }) => name === title) || !await runs(compiler);
  Deno.test({
    name: `${title}: signatures and numbers are those of its header${ignore ? ` (skipped: needs ${compiler})` : ""}`,
    ignore,
    fn: async () => {
      await using folder = await TemporaryFolder.make();
      const source = await folder.write("abi.c", await programOf(abi)), program = folder.join("abi");
      const flags = ["-Werror", source, "-o", program, "-ldl"];
      const compiled = await new Deno.Command(compiler, { args: flags, signal: deadline() }).output();
      assert(compiled.success, new TextDecoder().decode(compiled.stderr));
      const { stdout } = await new Deno.Command(program, { signal: deadline() }).output();
      const numbers = new TextDecoder().decode(stdout).trim().split("\n").map(BigInt);
      const expected = Object.values(abi.handles).map((handle) => typeof handle === "string" ? 1n : handle);
      assertEquals(numbers, [abi.inPlace, abi.statusIgnore, BigInt(abi.threadFunneled), ...expected]);
    },
  });
}

/** A program that compiles if the signatures are right, and prints the numbers: 1 for a symbol at the handle's address. */
async function programOf(abi: MpiAbi): Promise<string> {
  const pointers = [...await declaredParameters()].map(([name, parameters]) =>
    `int (*own_${name})(${parameters.join(", ") || "void"}) = ${name};`
  );
  const numbers = Object.entries(abi.handles).map(([key, handle]) => {
    const name = HANDLES[key as keyof MpiAbi["handles"]];
    return typeof handle === "string" ? `dlsym(RTLD_DEFAULT, "${handle}") == (void*)${name}` : `(unsigned)${name}`;
  });
  const wide = (text: string) => `(unsigned long long)(${text})`;
  const all = [wide("(size_t)MPI_IN_PLACE"), wide("(size_t)MPI_STATUS_IGNORE"), wide("MPI_THREAD_FUNNELED")];
  return [
    "#define _GNU_SOURCE",
    ...["<dlfcn.h>", "<mpi.h>", "<stdio.h>"].map((header) => `#include ${header}`),
    ...pointers,
    `int main(void) {`,
    ...[...all, ...numbers.map(wide)].map((number) => `  printf("%llu\\n", ${number});`),
    "  return 0;",
    "}",
    "",
  ].join("\n");
}

async function runs(program: string): Promise<boolean> {
  return await new Deno.Command(program, { args: ["--version"], stdout: "null", stderr: "null", signal: deadline() })
    .output()
    .then(({ success }) => success, () => false);
}

Deno.test("launcherOf: the MPI of the launcher, told by its variables; none without", () => {
  const of = (variables: Record<string, string>) => launcherOf((name) => variables[name]);
  assertEquals(of({}), null);
  assertEquals(of({ SLURM_STEP_NUM_TASKS: "4" }), null);
  const openMpi = of({ OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "2", PMIX_RANK: "1" })!;
  assertEquals([openMpi.name, openMpi.rank, openMpi.size], ["Open MPI", 1, 2]);
  const mpich = of({ PMI_RANK: "0", PMI_SIZE: "3" })!;
  assertEquals([mpich.name, mpich.size], ["MPICH", 3]);
  assert(mpich.libraries.every((name) => !openMpi.libraries.includes(name) || /mpi_abi/.test(name)));
  assertEquals(of({ PMIX_RANK: "3", SLURM_STEP_NUM_TASKS: "8" })!.size, 8);
  assertEquals(of({ PMIX_RANK: "3" })!.size, null);
  assertEquals(of({ PMI_RANK: "0", FCR_MPI_LIBRARY: "/opt/libmpi.so" })!.libraries, ["/opt/libmpi.so"]);
});
