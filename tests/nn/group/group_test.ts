import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { shared, solo } from "../../../nn/group/group.ts";
import { openGroup } from "../../../nn/group/open.ts";
import { endOfRanks, INSTALLED_MPIS, runRanks, startRanks, testWithMpis } from "../../helpers/ranks.ts";

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

testWithMpis("MpiGroup: collectives in any memory, the same bits on every rank and in repeats", async (mpi) => {
  const size = 3, ranks = (await runRanks(mpi, size, PROGRAM)).map((line) => JSON.parse(line));
  ranks.sort((one, other) => one.rank - other.rank);
  assertEquals(ranks.map(({ rank, localRank }) => [rank, localRank]), [[0, 0], [1, 1], [2, 2]]);
  assertEquals(ranks.map(({ name, sharingCores }) => [name, sharingCores]), Array(size).fill([mpi.name, size]));
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
});

testWithMpis("MpiGroup: a rank that is not heard ends the wait with a sentence, and abort all ranks", async (mpi) => {
  const { code, stdout } = await endOfRanks(startRanks(mpi, 2, [...PROGRAM, "silent"]));
  assertStringIncludes(stdout, "rank 0 has heard nothing from the other 1 for 3 s");
  assertEquals(code, 3);
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
