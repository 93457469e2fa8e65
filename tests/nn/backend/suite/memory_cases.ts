import { assertEquals, assertThrows } from "@std/assert";
import { someLabels, startOf } from "./twin.ts";
import type { Suite } from "./suite_type.ts";

/** Allocation, transfers and refusals. */
export function memoryCases({ test, backend }: Suite): void {
  test("allocate and release: the ledger knows every byte by its tag", () => {
    const engine = backend(), { memory } = engine;
    const before = memory.liveBytes;
    const buffer = engine.allocate(1000, "a test");
    assertEquals(buffer.byteLength, 1000);
    assertEquals(buffer.tag, "a test");
    assertEquals(new Map(memory.byTag()).get("a test")?.liveBytes, memory.liveBytes - before);
    engine.release(buffer);
    assertEquals(memory.liveBytes, before);
    assertThrows(() => engine.release(buffer));
  });

  test("upload and download: bytes come back from every offset and length", () => {
    const engine = backend(), content = someLabels(997, 256, 1), buffer = engine.allocate(1024, "suite operand");
    for (const [byteOffset, length] of [[0, 997], [1, 996], [27, 3], [64, 64], [1023, 1]]) {
      engine.upload(content.subarray(0, length), { buffer, byteOffset });
      const back = new Uint8Array(length);
      engine.download({ buffer, byteOffset }, back);
      assertEquals(back, content.slice(0, length));
    }
    engine.release(buffer);
  });

  test("spans: what does not fit is refused with a RangeError", () => {
    const engine = backend(), buffer = engine.allocate(64, "suite operand"), span = startOf(buffer);
    const beyond = { buffer, byteOffset: 8 };
    assertThrows(() => engine.fill({ count: 17, value: 0 }, { x: span }), RangeError);
    assertThrows(() => engine.fill({ count: 15, value: 0 }, { x: beyond }), RangeError);
    assertThrows(() => engine.upload(new Uint8Array(65), span), RangeError);
    assertThrows(() => engine.download(beyond, new Uint8Array(57)), RangeError);
    const operands = { logits: span, probabilities: span };
    assertThrows(() => engine.softmax({ rows: 4, classes: 5 }, operands), RangeError);
    const geometry = {
      batch: 1,
      input: [2, 2, 2],
      channels: 1,
      output: [2, 2, 1],
      filters: 1,
      kernel: [1, 1, 1],
      stride: 1,
      padding: [0, 0, 0],
    } as const;
    const convolve = () => engine.convForward({ geometry }, { input: span, filter: span, output: beyond });
    assertThrows(convolve, RangeError, "axis 2, expected 2");
    engine.release(buffer);
  });
}
