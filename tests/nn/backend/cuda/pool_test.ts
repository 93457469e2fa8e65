/** The pool on a device of which only the memory exists: what it asks for, gives back, and where blocks lie. */
import { assert, assertEquals, assertGreater, assertThrows } from "@std/assert";
import type { DeviceBuffer } from "../../../../nn/backend/backend.ts";
import { CountingBackend } from "../../../../nn/backend/counting_backend.ts";
import { plannedCuda } from "../../../../nn/backend/cuda/planned_engine.ts";
import { type Block, DevicePool } from "../../../../nn/backend/cuda/pool.ts";
import { Workspace } from "../../../../nn/backend/cuda/workspace.ts";
import { MemoryLedger, OutOfMemoryError } from "../../../../nn/backend/memory.ts";
import { type Precision, PRECISIONS } from "../../../../nn/backend/precision.ts";
import { Tensor } from "../../../../nn/tensor.ts";
import { modelOf, type TrainOptions } from "../../../../run/config.ts";
import { resolveOptions } from "../../../../run/options.ts";
import { memoryPlan } from "../../../../train/memory_plan.ts";
import { Trainer, trainerOptions } from "../../../../train/trainer.ts";
import { type CountedDevice, countedDevice } from "../../../helpers/counted_device.ts";

const GIBIBYTE = 2 ** 30;
/** What the engine holds besides: staging of uploads and cuBLAS' workspace. */
const FIXED_BYTES = 48 * 2 ** 20;
const ITERATIONS = 4;

/** Checks that a new block lies in memory that is held and shares none of it with the others. */
function assertApart(block: Block, others: Iterable<Block>, { pieces }: CountedDevice): void {
  const start = block.memory.address, end = start + BigInt(block.byteLength);
  const held = [...pieces].some(([address, size]) => address <= start && end <= address + BigInt(size));
  assert(held && start % 256n === 0n, `"${block.tag}" lies in no memory of the device`);
  for (const { memory: { address }, byteLength, tag } of others) {
    assert(end <= address || address + BigInt(byteLength) <= start, `"${block.tag}" overlaps "${tag}"`);
  }
}

/** A dry run that takes its memory from a pool. */
class PooledDryRun extends CountingBackend {
  readonly #blocks = new Map<DeviceBuffer, Block>();

  constructor(
    private readonly pool: DevicePool,
    private readonly device: CountedDevice,
    workspace: Workspace,
    precision: Precision,
  ) {
    const { activations, workspaceBytes } = plannedCuda(precision, pool.ledger.limitBytes);
    super({
      activations,
      workspaceBytes: (...convolution) => {
        const bytes = workspaceBytes(...convolution);
        workspace.parts(bytes);
        return bytes;
      },
    });
  }

  override allocate(byteLength: number, tag: string): DeviceBuffer {
    const block = this.pool.allocate(byteLength, tag, true), buffer = super.allocate(byteLength, tag);
    assertApart(block, this.#blocks.values(), this.device);
    this.#blocks.set(buffer, block);
    return buffer;
  }

  override release(buffer: DeviceBuffer): void {
    super.release(buffer);
    this.pool.release(this.#blocks.get(buffer)!);
    this.#blocks.delete(buffer);
  }

  repeated(key: string, work: () => void): void {
    this.pool.repeated(key, work);
  }
}

/** Requests to the device in each iteration of both stages, one after the other as in a run. */
function requestsByIteration(options: TrainOptions, precision: Precision, limitBytes: number): number[][] {
  const device = countedDevice(limitBytes - FIXED_BYTES), ledger = new MemoryLedger("test", limitBytes);
  ledger.take(FIXED_BYTES, "fixed");
  using pool = new DevicePool(device.runtime, ledger);
  using workspace = new Workspace(pool);
  using backend = new PooledDryRun(pool, device, workspace, precision);
  using trainer = new Trainer(backend, modelOf(options), trainerOptions(options, options.recompute === "on"));
  return ([["base", options.batch], ["refine", options.refineBatch]] as const).map(([phase, batch]) =>
    Array.from({ length: ITERATIONS }, (_, iteration) => {
      const before = pool.allocations;
      using labels = Tensor.allocate(backend, [batch, ...options.grid], "labels", "u8");
      using z = trainer.drawLatent(batch, 0, iteration);
      trainer.iterate(phase, labels, z);
      return pool.allocations - before;
    })
  );
}

for (const gibibytes of [7, 8, 11, 12]) {
  Deno.test(`DevicePool: within ${gibibytes} GiB no training that the plan fits asks for memory after its second iteration`, () => {
    const limitBytes = gibibytes * GIBIBYTE, fitting: string[] = [];
    for (const precision of PRECISIONS) {
      for (const refineBatch of [8, 12, 16, 20]) {
        for (const recompute of ["off", "on"]) {
          const values = { preset: "full", device: "cpu", refineBatch, recompute };
          const options = resolveOptions([{ source: "test", values }]);
          const plans = memoryPlan(options, plannedCuda(precision, limitBytes));
          const peakBytes = Math.max(...plans.map(({ peakBytes }) => peakBytes)) + FIXED_BYTES;
          if (peakBytes > limitBytes) continue;
          const what = `${precision}, ${refineBatch}, recompute ${recompute}: ${(peakBytes / GIBIBYTE).toFixed(2)} GiB`;
          fitting.push(what);
          for (const [first, , ...later] of requestsByIteration(options, precision, limitBytes)) {
            assertGreater(first, 0);
            assertEquals(later, Array(ITERATIONS - 2).fill(0), what);
          }
        }
      }
    }
    assertGreater(fitting.length, 5);
  });
}

/** A pool on a device of `mebibytes`, and a way to ask it for blocks of so many mebibytes. */
function smallPool(mebibytes: number) {
  const device = countedDevice(mebibytes * 2 ** 20), ledger = new MemoryLedger("test", mebibytes * 2 ** 20);
  const pool = new DevicePool(device.runtime, ledger), live = new Set<Block>();
  const take = (size: number) => {
    const block = pool.allocate(size * 2 ** 20, `${size} MiB`, true);
    assertApart(block, live, device);
    live.add(block);
    return block;
  };
  const give = (...blocks: readonly Block[]) => {
    for (const block of blocks) {
      live.delete(block);
      pool.release(block);
    }
  };
  return { device, pool, take, give };
}

Deno.test("DevicePool: on a miss at the limit it gives back what is needed, not more", () => {
  const { device, pool, take, give } = smallPool(100);
  give(...[10, 20, 30, 40].map(take));
  give(take(15)); // 100 are held: the 20 have to go
  assertEquals([...device.pieces.values()].map((bytes) => bytes / 2 ** 20), [10, 30, 40, 15]);
  give(take(60)); // 95 are held: the 40 and, of the others, the smallest that is enough
  assertEquals([...device.pieces.values()].map((bytes) => bytes / 2 ** 20), [10, 30, 60]);
  const most = take(90);
  assertEquals([...device.pieces.values()].map((bytes) => bytes / 2 ** 20), [10, 90]);
  assertThrows(() => take(11), OutOfMemoryError, "11 MiB");
  give(most);
  pool[Symbol.dispose]();
  assertEquals(device.heldBytes, 0);
});

Deno.test("DevicePool: repeated work lies in one arena of the size that its blocks need together", () => {
  const { device, pool, take, give } = smallPool(100);
  let kept: Block | null = null;
  const work = () => {
    const a = take(30), b = take(20);
    kept ??= take(1); // as an optimiser makes its moments in the first iteration
    give(a);
    const c = take(10), d = take(15); // both where a was
    give(b, c, d);
  };
  pool.repeated("work", work);
  const first = pool.allocations;
  for (let run = 0; run < 3; run++) {
    pool.repeated("work", work);
    assertEquals([pool.allocations - first, device.heldBytes], [1, 51 * 2 ** 20]);
  }
  // Whoever needs the memory in between gets it.
  const other = take(95);
  assertEquals(device.heldBytes, 96 * 2 ** 20);
  give(other);
  pool.repeated("work", work);
  assertEquals(device.heldBytes, 51 * 2 ** 20);
  pool[Symbol.dispose]();
  assertEquals(device.heldBytes, 0);
});

Deno.test("DevicePool: work that is not what it was under its key gets memory all the same", () => {
  const { device, pool, take, give } = smallPool(200);
  const plain = () => {
    const a = take(30), b = take(20);
    give(a);
    const c = take(25);
    give(b, c);
  };
  pool.repeated("work", plain);
  pool.repeated("work", plain);
  pool.repeated("work", () => {
    const a = take(30), b = take(20), c = take(25); // a still lies where c should
    give(a, b, c);
  });
  pool.repeated("work", () => give(...[30, 7, 25].map(take)));
  assertThrows(
    () =>
      pool.repeated("work", () => {
        using held = new DisposableStack();
        held.adopt(take(30), give);
        throw new Error("stopped");
      }),
    Error,
    "stopped",
  );
  for (let run = 0; run < 3; run++) pool.repeated("work", plain);
  const before = pool.allocations;
  pool.repeated("work", plain);
  assertEquals([pool.allocations - before, pool.ledger.liveBytes], [0, 0]);
  pool[Symbol.dispose]();
  assertEquals(device.heldBytes, 0);
});
