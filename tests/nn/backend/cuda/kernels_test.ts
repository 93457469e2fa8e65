/** The kernel table against the kernels' text, and the launch shapes against the limits of every GPU. */
import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { KERNEL_SOURCES } from "../../../../nn/backend/cuda/kernel_sources.ts";
import { KERNELS, type KernelSpec, type ParameterKind } from "../../../../nn/backend/cuda/kernels.ts";
import * as launches from "../../../../nn/backend/cuda/launches.ts";

const KINDS: Readonly<Record<string, ParameterKind>> = { u32: "u32", u64: "u64", float: "f32", double: "f64" };

interface Signature extends KernelSpec {
  readonly threads: number;
}

/** Every kernel of the sources: `KERNEL(threads) name(type name, …)`. */
function signatures(): Map<string, Signature> {
  const found = new Map<string, Signature>();
  for (const [module, source] of Object.entries(KERNEL_SOURCES)) {
    for (const [, threads, name, list] of source.matchAll(/^KERNEL\((\d+)\) (\w+)\(([^)]*)\)/gm)) {
      const parameters = list.split(",").map((text) => {
        const [, type, star, parameter] = text.trim().match(/^(?:const )?(\w+) (\*?)(\w+)$/) ?? [];
        return [camelCase(parameter), star ? "pointer" : KINDS[type]] as const;
      });
      found.set(name, { module: module as KernelSpec["module"], parameters, threads: Number(threads) });
    }
  }
  return found;
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}

Deno.test("KERNELS: names, modules and parameters are those of the sources", () => {
  const written = Object.fromEntries(
    [...signatures()].map(([name, { module, parameters }]) => [name, { module, parameters }]),
  );
  assertEquals(written, KERNELS as Record<string, unknown>);
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
        assertLaunchable(launches.columnFinishLaunch(c), 128);
        assertLaunchable(launches.rowReductionLaunch(c, n, on), 256);
        for (const tiles of [1, 2] as const) assertLaunchable(launches.rowTileLaunch(n, classes, tiles, on), 128);
        assertLaunchable(launches.classCountsLaunch(n, classes, on), 128);
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
