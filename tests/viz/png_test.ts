import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { decode } from "fast-png";
import { encodePng } from "../../viz/png.ts";

Deno.test("encodePng: decoding gives the same pixels", () => {
  const picture = fc.tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 })).chain(([width, height]) =>
    fc.uint8Array({ minLength: width * height * 4, maxLength: width * height * 4 })
      .map((data) => ({ width, height, data: new Uint8Array(data) }))
  );
  fc.assert(fc.property(picture, (image) => {
    const { width, height, data, channels, depth } = decode(encodePng(image));
    assertEquals({ width, height, data: new Uint8Array(data) }, image);
    assertEquals([channels, depth], [4, 8]);
  }));
});
