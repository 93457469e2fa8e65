import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { crc32c, maskedCrc32c } from "../../base/crc32c.ts";

Deno.test("crc32c: the examples of RFC 3720 appendix B.4", () => {
  const ascending = Uint8Array.from({ length: 32 }, (_, i) => i);
  assertEquals(crc32c(new Uint8Array(32)), 0x8a9136aa);
  assertEquals(crc32c(new Uint8Array(32).fill(0xff)), 0x62a8ab43);
  assertEquals(crc32c(ascending), 0x46dd794e);
  assertEquals(crc32c(ascending.toReversed()), 0x113fdb5c);
  assertEquals(crc32c(new TextEncoder().encode("123456789")), 0xe3069283);
});

Deno.test("crc32c: goes on from a previous checksum", () => {
  fc.assert(fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
    assertEquals(crc32c(b, crc32c(a)), crc32c(Uint8Array.from([...a, ...b])));
  }));
});

Deno.test("maskedCrc32c: unmasking as TensorFlow's crc32c.h does gives the checksum back", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => {
    const rotated = (maskedCrc32c(bytes) - 0xa282ead8) >>> 0;
    assertEquals((rotated >>> 17 | rotated << 15) >>> 0, crc32c(bytes));
  }));
});
