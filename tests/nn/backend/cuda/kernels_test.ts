/** What is read from the kernels' text, and the launch shapes against the limits of every GPU. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { kernelSources } from "../../../../nn/backend/cuda/kernel_sources.ts";
import { signaturesIn } from "../../../../nn/backend/cuda/kernel_signature.ts";
import * as launches from "../../../../nn/backend/cuda/launches.ts";

const SOURCES = kernelSources(["f32"]).map(({ source }) => source), SIGNATURES = SOURCES.flatMap(signaturesIn);

Deno.test("signaturesIn: every kernel of the sources once, its parameters in order", () => {
  const written = SOURCES.join("").match(/^KERNEL\(/gm) ?? [];
  assertEquals(new Set(SIGNATURES.map(({ name }) => name)).size, written.length);
  const source =
    "KERNEL(128) one(u64 n, const float *x_in,\n  double *y) {}\nKERNEL(256) two(float a, u32 b, double c) {}";
  assertEquals(signaturesIn(source), [
    { name: "one", threads: 128, parameters: [["n", "u64"], ["xIn", "pointer"], ["y", "pointer"]] },
    { name: "two", threads: 256, parameters: [["a", "f32"], ["b", "u32"], ["c", "f64"]] },
  ]);
  assertThrows(() => signaturesIn("KERNEL(1) odd(u64 n, int x) {}"), Error, 'kernel odd: parameter "int x"');
});

const device: fc.Arbitrary<launches.LaunchDevice> = fc.record({ multiprocessors: fc.integer({ min: 1, max: 200 }) });
const size = fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 400_000_000 }));

function assertLaunchable({ grid, block, sharedBytes }: launches.Launch, threads: number): void {
  assert([...grid, ...block].every((n) => Number.isInteger(n) && n >= 1), `${grid} × ${block}`);
  assert(grid[0] < 2 ** 31 && grid[1] < 65536, `grid ${grid}`);
  assert(block[0] * block[1] * block[2] <= threads, `block ${block}`);
  assert(sharedBytes <= 48 * 1024, `${sharedBytes} bytes of shared memory`);
}

Deno.test("launches: within the limits of every GPU and the kernels' launch bounds", () => {
  fc.assert(
    fc.property(
      device,
      size,
      fc.integer({ min: 1, max: 3000 }),
      fc.integer({ min: 1, max: 256 }),
      (on, n, c, classes) => {
        assertLaunchable(launches.elementwiseLaunch(n, on), 256);
        for (const width of [1, 4] as const) {
          assertLaunchable(launches.columnMapLaunch(n, c, width, on), 256);
          assertLaunchable(launches.columnReductionLaunch(n, c, width, on), 256);
        }
        assertLaunchable(launches.paddedLaunch(n, Math.ceil(c / 8) * 8, on), 256);
        assertLaunchable(launches.columnFinishLaunch(c, 1 + n % 600), 128);
        assertLaunchable(launches.rowReductionLaunch(c, n, on), 256);
        for (const tiles of [1, 2] as const) assertLaunchable(launches.rowTileLaunch(n, classes, tiles, on), 128);
        assertLaunchable(launches.classCountsLaunch(n, classes, on), 128);
        for (const threads of [128, 256] as const) assertLaunchable(launches.rowBlockLaunch(n, threads, on), threads);
        for (const [groups, rows] of [[c, n], [n, c]]) {
          assertLaunchable(launches.groupSumsLaunch(groups, rows, c, on), 256);
        }
      },
    ),
    { seed: 5 },
  );
  assertThrows(() => launches.rowTileLaunch(1, 257, 1, { multiprocessors: 1 }), RangeError, "257 classes");
});

Deno.test("launches: partial sums of the full size stay below a megabyte per operation", () => {
  const on = { multiprocessors: 132 };
  for (const [rows, channels] of [[20 * 80 * 48 * 80, 12], [20 * 40 * 24 * 40, 64], [20 * 5 * 3 * 5, 512]]) {
    const launch = launches.columnReductionLaunch(rows, channels, 4, on);
    assert(launches.pairPartialBytes(launch, channels) < 2 ** 20, `${rows} × ${channels}`);
  }
});
