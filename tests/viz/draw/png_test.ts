import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { decode } from "fast-png";
import { encodeIndexedPng, encodePng } from "../../../viz/draw/png.ts";
import { renderVolume } from "../../../viz/draw/render.ts";
import { closedRoom } from "./scenes.ts";

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

Deno.test("encodeIndexedPng: a third of the bytes, and colours that nobody tells apart", () => {
  const image = renderVolume(closedRoom([16, 16, 16]), [16, 16, 16], { width: 200, height: 160 });
  const bytes = encodeIndexedPng(image), { width, height, data, palette } = decode(bytes);
  assertEquals([width, height, data.length], [200, 160, 200 * 160]);
  assert(bytes.length < 0.6 * encodePng(image).length, `${bytes.length} of ${encodePng(image).length}`);
  let error = 0;
  data.forEach((index, pixel) => {
    for (let c = 0; c < 3; c++) error += Math.abs(palette![index][c] - image.data[4 * pixel + c]);
  });
  assert(error / (3 * data.length) < 3, `mean error ${error / (3 * data.length)}`);
});
