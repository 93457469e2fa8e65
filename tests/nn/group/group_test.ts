import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { shared, solo } from "../../../nn/group/group.ts";
import { openGroup } from "../../../nn/group/open.ts";
import { emulatorProblem, NOTHING_ALIVE, startWorkers } from "../../helpers/emulated_device.ts";
import { endOfRanks, INSTALLED_MPIS, runRanks, startRanks, testWithMpis } from "../../helpers/ranks.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";

const PROGRAM = ["run", "-A", new URL("group_program.ts", import.meta.url).pathname];

Deno.test("solo: a process by itself; what it exchanges stays as it is", async () => {
  const group = solo(), x = Float32Array.of(1, 2);
  group.allReduce(x);
  assertEquals([...x], [1, 2]);
  assertEquals(group.gather(x), [x]);
  assertEquals(group.anyOf(true, false), [true, false]);
  assertEquals(shared(group, "as it is"), "as it is");
  assertEquals((await openGroup(1, () => ({ device: "cpu", folder: null }))).size, 1);
});

const SIZE = 3;

/** `lines`: what the ranks of the program printed. */
function assertCollectives(lines: readonly string[], name: string): void {
  const ranks = lines.map((line) => JSON.parse(line)).sort((one, other) => one.rank - other.rank);
  assertEquals(ranks.map(({ rank, localRank }) => [rank, localRank]), [[0, 0], [1, 1], [2, 2]]);
  assertEquals(ranks.map(({ name, sharingCores }) => [name, sharingCores]), Array(SIZE).fill([name, SIZE]));
  const { seen } = ranks[0];
  for (const other of ranks) assertEquals(other.seen, seen);
  assertEquals(seen.inEngine, [6, 6, 6]);
  assertEquals(seen.doubles, [1 / 3 + 2 / 3, 3]);
  assert(seen.started && seen.averaged);
  assertEquals(new Set(seen.sums).size, 1);
  assertEquals(seen.apart, [1, 1]);
  assertEquals(seen.gathered, [[0, -0], [1, -1], [2, -2]]);
  assertEquals(seen.texts, ["é", "éé", "ééé"]);
  assertEquals(seen.shared, { of: 0 });
  assertEquals(seen.anyOf, [true, false]);
}

testWithMpis("MpiGroup: collectives in any memory, the same bits on every rank and in repeats", async (mpi) => {
  assertCollectives(await runRanks(mpi, SIZE, PROGRAM), mpi.name);
});

testWithMpis("MpiGroup: a rank that is not heard ends the wait with a sentence, and abort all ranks", async (mpi) => {
  const { code, stdout } = await endOfRanks(startRanks(mpi, 2, [...PROGRAM, "silent"]));
  assertStringIncludes(stdout, "rank 0 has heard nothing from the other 1 for 3 s");
  assertEquals(code, 3);
});

const skipped = emulatorProblem ? ` (skipped: ${emulatorProblem})` : "";

Deno.test({
  name: `NcclGroup: collectives between emulated GPUs, the same bits on every rank and in repeats${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const started = await startWorkers(SIZE, [...PROGRAM, "all", "cuda:0", folder.join("meeting")]);
    const runs = await Promise.all(started.map(({ ended }) => ended));
    for (const { state, output } of runs) assertEquals(state, NOTHING_ALIVE, output);
    assertCollectives(runs.map(({ output }) => output), "NCCL");
  },
});

Deno.test({
  name: `NcclGroup: a rank that is not heard ends the wait with a sentence${skipped}`,
  ignore: emulatorProblem !== null,
  fn: async () => {
    await using folder = await TemporaryFolder.make();
    const [rank0, silent] = await startWorkers(2, [...PROGRAM, "silent", "cuda:0", folder.join("meeting")]);
    const { code, output, state } = await rank0.ended;
    Deno.kill(silent.pid, "SIGKILL");
    await silent.ended;
    assertStringIncludes(output, "rank 0 has heard nothing from the other 1 for 3 s");
    assertEquals([code, state], [3, NOTHING_ALIVE], output);
  },
});

Deno.test({
  name: "openGroup: a library of another launcher is told" +
    (INSTALLED_MPIS.length < 2 ? " (skipped: needs Open MPI and MPICH)" : ""),
  ignore: INSTALLED_MPIS.length < 2,
  fn: async () => {
    const [openMpi] = INSTALLED_MPIS, env = { FCR_MPI_LIBRARY: "libmpich.so.12" };
    const { code, stderr } = await endOfRanks(startRanks(openMpi, 2, PROGRAM, { env }));
    assertStringIncludes(stderr, "Open MPI started 2 processes, of which MPICH sees 1");
    assert(code !== 0);
  },
});
