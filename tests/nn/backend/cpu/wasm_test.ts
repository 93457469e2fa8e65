import { assertAlmostEquals, assertEquals } from "@std/assert";
import fc from "fast-check";
import { ByteWriter } from "../../../../nn/backend/cpu/wasm/bytes.ts";
import {
  F32,
  F32x4,
  F64,
  F64x2,
  type FunctionBuilder,
  I32,
  I32x4,
  I64,
  load,
  ModuleBuilder,
  type Value,
} from "../../../../nn/backend/cpu/wasm/mod.ts";

const memory = new WebAssembly.Memory({ initial: 1, maximum: 65536, shared: true });
const view = new DataView(memory.buffer);
const A = I32.of(1024);

/** Runs one function over the test's memory. */
function execute(build: (f: FunctionBuilder) => void): void {
  const module = new ModuleBuilder();
  module.function(build, "main");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory, scratch: 512 } });
  (instance.exports.main as () => void)();
}

/** The bytes of a value, as the type the reader takes them for. */
function evaluate(value: Value, read: "getInt32" | "getFloat32" | "getFloat64" = "getFloat32", lanes = 1): number[] {
  execute((f) => f.store(A, value));
  const width = read === "getFloat64" ? 8 : 4;
  return Array.from({ length: lanes }, (_, lane) => view[read](1024 + lane * width, true));
}

Deno.test("ByteWriter: LEB128 of any number is what the format says", () => {
  assertEquals([...new ByteWriter().unsigned(624485).bytes], [0xe5, 0x8e, 0x26]);
  assertEquals([...new ByteWriter().signed(-123456).bytes], [0xc0, 0xbb, 0x78]);
  fc.assert(fc.property(fc.integer(), (value) => evaluate(I32.of(value), "getInt32")[0] === value), { numRuns: 30 });
});

Deno.test("I32: arithmetic is modulo 2^32, comparison and division are unsigned", () => {
  fc.assert(
    fc.property(fc.integer(), fc.integer(), fc.integer({ min: 1 }), (a, b, divisor) => {
      const x = I32.of(a),
        results: [I32, number][] = [
          [x.add(b), (a + b) | 0],
          [x.sub(b), (a - b) | 0],
          [x.mul(b), Math.imul(a, b)],
          [x.div(divisor), Math.floor((a >>> 0) / divisor) | 0],
          [x.rem(divisor), (a >>> 0) % divisor | 0],
          [x.lt(b), Number((a >>> 0) < (b >>> 0))],
          [x.ltSigned(b), Number(a < b)],
          [x.shr(3), (a >>> 3) | 0],
          [x.shrSigned(3), a >> 3],
          [x.min(b), Math.min(a >>> 0, b >>> 0) | 0],
          [x.xor(b).and(255).or(1), ((a ^ b) & 255) | 1],
        ];
      for (const [value, expected] of results) assertEquals(evaluate(value, "getInt32")[0], expected);
    }),
    { numRuns: 20 },
  );
});

Deno.test("F32, F64, I64: arithmetic and conversions", () => {
  assertEquals(evaluate(F32.of(3).mul(0.5).sub(1).div(4)), [0.125]);
  assertEquals(evaluate(F32.of(2).sqrt().toF64().mul(2), "getFloat64"), [Math.fround(Math.SQRT2) * 2]);
  assertEquals(evaluate(F64.of(-2.5).abs().floor().toI32().toF32()), [2]);
  assertEquals(evaluate(F32.of(-1).max(2).min(1.5)), [1.5]);
  assertEquals(evaluate(I64.of(0xffffffffn).mul(I64.of(0xffffffffn)).shr(32n).toI32(), "getInt32"), [-2]);
  assertEquals(evaluate(F32.of(1).lt(2).select(F32.of(7), F32.of(8))), [7]);
});

Deno.test("F32x4: lanes, shuffles, masks, multiply-add", () => {
  const a = F32x4.constant(1, -2, 3, -4), b = F32x4.constant(10, 20, 30, 40);
  assertEquals(evaluate(a.mulAdd(b, 1), "getFloat32", 4), [11, -39, 91, -159]);
  assertEquals(evaluate(a.gt(0).select(a, a.mul(F32x4.splat(0.5))), "getFloat32", 4), [1, -1, 3, -2]);
  assertEquals(evaluate(a.shuffle(b, [3, 4, 0, 7]), "getFloat32", 4), [-4, 10, 1, 40]);
  assertEquals(evaluate(a.withLane(2, F32.of(9)).quickMax(0), "getFloat32", 4), [1, 0, 9, 0]);
  assertEquals(evaluate(a.lt(0).bitmask(), "getInt32"), [0b1010]);
  assertEquals(evaluate(a.highToF64x2().mul(F64x2.splat(F64.of(0.1))), "getFloat64", 2), [3 * 0.1, -4 * 0.1]);
  assertEquals(evaluate(b.toI32x4().add(I32x4.constant(1, 2, 3, 4)), "getInt32", 4), [11, 22, 33, 44]);
  const wide = I32x4.splat(-1).multiplyLow(I32x4.constant(2, 3, 0, 0)).shr(32);
  assertEquals(evaluate(wide, "getInt32", 4), [1, 0, 2, 0]);
  assertAlmostEquals(evaluate(F64x2.splat(2).sqrt().toF32x4())[0], Math.SQRT2, 1e-7);
});

Deno.test("FunctionBuilder: loops, branches, partial stores, calls", () => {
  execute((f) => {
    const sum = f.i32(0);
    f.range(1, 11, (i) => f.if(i.and(1), () => sum.set(sum.add(i)), () => sum.set(sum.sub(1))));
    f.store(A, sum);
    const whole = f.steps(0, 10, 4, () => sum.set(0));
    f.store(A, whole, 4);
    f.range(5, 5, () => f.store(A, I32.of(-1)));
    f.forever((leave) => {
      sum.set(sum.add(1));
      leave(sum.eq(7));
    });
    f.store(A, sum, 8);
    f.storeLane(A, F32x4.constant(1, 2, 3, 4), 2, 12);
    f.store(A, F32x4.constant(5, 6, 0, 0), 16);
    f.copyBytes(A.add(24), A.add(16), I32.of(8));
    f.storeByte(A, load.u8(A).add(256), 0);
  });
  assertEquals([0, 4, 8].map((at) => view.getInt32(1024 + at, true)), [20, 8, 7]);
  assertEquals([12, 16, 20, 24, 28].map((at) => view.getFloat32(1024 + at, true)), [3, 5, 6, 5, 6]);
});

Deno.test("ModuleBuilder: shared functions, tables and the thread's scratch", () => {
  const module = new ModuleBuilder();
  const store = (f: FunctionBuilder) => f.store(module.scratch, f.parameter(I32));
  const first = module.shared("store", store);
  assertEquals(module.shared("store", store), first);
  const slot = module.slot(first);
  module.function((f) => {
    f.call(first, I32.of(4));
    f.callSlot(module.typeIndex(["i32"]), I32.of(slot), load.i32(module.scratch).add(1));
  }, "main");
  const instance = new WebAssembly.Instance(new WebAssembly.Module(module.finish()), { env: { memory, scratch: 512 } });
  (instance.exports.main as () => void)();
  assertEquals(view.getInt32(512, true), 5);
});
