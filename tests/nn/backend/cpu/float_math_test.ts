/** Elementary functions of the CPU engine against double precision. */
import { assert, assertEquals } from "@std/assert";
import { openSystemEngine } from "../../../../nn/backend/cpu/system_engine.ts";
import { eachElement } from "../../../../nn/backend/cpu/kernels/elements.ts";
import { exp, log, log1p } from "../../../../nn/backend/cpu/kernels/float_math.ts";
import { defineKernel } from "../../../../nn/backend/cpu/threads/kernel.ts";
import { MemoryLedger } from "../../../../nn/backend/memory.ts";
import { ulpsBetween } from "../suite/twin.ts";

const FUNCTIONS = { exp, log, log1p };
const KERNELS = Object.entries(FUNCTIONS).map(([name, write]) =>
  defineKernel(name, { x: "address", y: "address" }, (k, { x, y }) => {
    eachElement(k, k.begin, k.end, (lanes) => lanes.store(y, write(k, lanes.load(x))));
  })
);

/** y of each x by the function's kernel. */
async function evaluate(name: keyof typeof FUNCTIONS, x: Float32Array): Promise<Float32Array> {
  using engine = await openSystemEngine(KERNELS, 1, new MemoryLedger("test"));
  const [from, to] = ["x", "y"].map((tag) => engine.heap.allocate(x.byteLength, tag).address);
  new Float32Array(engine.heap.memory.buffer, from, x.length).set(x);
  const kernel = KERNELS[Object.keys(FUNCTIONS).indexOf(name)];
  engine.run(kernel, { count: x.length, grain: x.length }, { x: from, y: to });
  return new Float32Array(engine.heap.memory.buffer, to, x.length).slice();
}

/** `count` floats from `low` to `high`, evenly spaced. */
function between(low: number, high: number, count = 100_003): Float32Array {
  return Float32Array.from({ length: count }, (_, i) => low + (high - low) * i / (count - 1));
}

async function assertUlps(name: keyof typeof FUNCTIONS, x: Float32Array, limit: number): Promise<void> {
  const y = await evaluate(name, x);
  x.forEach((value, i) => {
    const expected = Math.fround(Math[name](value));
    const ulps = ulpsBetween(y[i], expected);
    assert(ulps <= limit, `${name}(${value}) = ${y[i]}, expected ${expected}: ${ulps} floats apart`);
  });
}

Deno.test("exp: within 2 floats over all normal results", async () => {
  await assertUlps("exp", between(-87.2, 88.3), 2);
  await assertUlps("exp", between(-1, 1), 2);
});

Deno.test("exp: clamped beyond", async () => {
  const y = await evaluate("exp", Float32Array.of(-1000, 1000, -Infinity, 0));
  assert(y[0] > 0 && y[0] < 1.3e-38 && y[2] === y[0]);
  assert(y[1] > 2e38 && Number.isFinite(y[1]));
  assertEquals(y[3], 1);
});

Deno.test("log: within 2 floats, near 1 too", async () => {
  await assertUlps("log", between(1e-6, 1.1), 2);
  await assertUlps("log", between(0.9999, 1.0001), 2);
  await assertUlps("log", between(-87, 88).map((x) => Math.exp(x)), 2);
});

Deno.test("log1p: within 3 floats, small arguments too", async () => {
  await assertUlps("log1p", between(0, 1), 3);
  await assertUlps("log1p", between(-80, 0).map((x) => Math.exp(x)), 3);
});
