/** What programs write into `.obj` files: polygons, comments, line ends, encodings. */
import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { FormatError } from "../../../../base/byte_reader.ts";
import { UserError } from "../../../../base/errors.ts";
import { PAPER_CLASSES } from "../../../../data/classes.ts";
import { decodeMesh } from "../../../../data/formats/mesh/mod.ts";
import { readObj } from "../../../../data/formats/mesh/obj.ts";
import { triangulate } from "../../../../data/formats/mesh/polygon.ts";
import { boxCorners, encode, labelsOf, PLAIN } from "./shapes.ts";

const BOX = [
  "o chair",
  ..."000 200 202 002 020 220 222 022".split(" ").map((digits) => `v ${[...digits].join(" ")}`),
  ..."1234 5876 1562 2673 3784 4851".split(" ").map((corners) => `f ${[...corners].join(" ")}`),
];

/** Sum of the areas of triangles in the plane z = 0; those that turn the other way count as negative. */
function areaOf(corners: ArrayLike<number>): number {
  let area = 0;
  for (let at = 0; at < corners.length; at += 9) {
    const [ax, ay, , bx, by, , cx, cy] = Array.from(corners).slice(at, at + 9);
    area += ((bx - ax) * (cy - ay) - (by - ay) * (cx - ax)) / 2;
  }
  return area;
}

Deno.test("decodeMesh: .obj with comments behind faces, blanks behind \\, CR line ends, UTF-16 and byte order marks", async () => {
  const expected = await labelsOf({ chair: boxCorners([0, 0, 0], [2, 2, 2]) });
  const text = BOX.join("\n"), big = Uint8Array.from([...text].flatMap((character) => [0, character.charCodeAt(0)]));
  const little = Uint8Array.from([...text].flatMap((character) => [character.charCodeAt(0), 0]));
  const files: Record<string, Uint8Array> = {
    "comments behind faces": encode(BOX.map((line) => line.replace(/^([fv].*)/, "$1 # a side")).join("\n")),
    "comments without a blank": encode(BOX.map((line) => line.replace(/^(f.*)/, "$1#side")).join("\n")),
    "a comment that ends like a folder": encode(text.replace("f 1", "# C:\\models\\\nf 1")),
    "blanks behind \\": encode(BOX.map((line) => line.replace(/^f (\d)/, "f $1 \\ \t \n")).join("\n")),
    "\\ behind the last face": encode(`${text} \\`),
    "CR": encode(BOX.join("\r")),
    "CR LF": encode(BOX.join("\r\n")),
    "UTF-8 with a mark": Uint8Array.of(0xef, 0xbb, 0xbf, ...encode(text)),
    "UTF-16, big endian": big,
    "UTF-16, big endian with a mark": Uint8Array.of(0xfe, 0xff, ...big),
    "UTF-16, little endian": little,
    "UTF-16, little endian with a mark": Uint8Array.of(0xff, 0xfe, ...little),
  };
  for (const [name, bytes] of Object.entries(files)) {
    assertEquals((await decodeMesh(bytes, "a.obj", PAPER_CLASSES, PLAIN)).labels, expected, name);
  }
});

Deno.test("readObj: a name may have the mark of comments in it", () => {
  const [part] = readObj(encode("usemtl Material #25\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"));
  assertEquals(part.names, [{ kind: "material", text: "Material #25" }]);
});

Deno.test("triangulate: a concave polygon is cut into what it covers, whichever corner comes first and wherever it lies", () => {
  const radius = fc.integer({ min: 1, max: 20 });
  fc.assert(fc.property(fc.array(radius, { minLength: 4, maxLength: 12 }), fc.nat({ max: 2 }), (radii, turn) => {
    // A star around the origin, turning left: simple, and concave where a radius is short.
    const flat = radii.map((
      r,
      i,
    ) => [Math.cos(2 * Math.PI * i / radii.length) * r, Math.sin(2 * Math.PI * i / radii.length) * r]);
    const corners = flat.map(([x, y]) => [[x, y, 0], [0, x, y], [y, 0, x]][turn]);
    let area = 0;
    flat.forEach(([x, y], i) => {
      const [nextX, nextY] = flat[(i + 1) % flat.length];
      area += (x * nextY - y * nextX) / 2;
    });
    const cuts = flat.map((_, start) => {
      const from = [...corners.slice(start), ...corners.slice(0, start)];
      const triangles = triangulate(from.flat()).map((corner) => (corner + start) % flat.length);
      const covered = triangles.flatMap((corner) => [...flat[corner], 0]);
      for (let at = 0; at < covered.length; at += 9) {
        // Within rounding no triangle turns the other way, so none covers what another does.
        assertEquals(areaOf(covered.slice(at, at + 9)) > -1e-9, true);
      }
      assertEquals(Math.abs(areaOf(covered) - area) < 1e-9 * 400, true, `${areaOf(covered)} instead of ${area}`);
      return triangles.join();
    });
    assertEquals(new Set(cuts).size, 1, "the first corner decides");
  }));
});

Deno.test("decodeMesh: an L of one face covers an L, from whichever corner", async () => {
  const outline = [[0, 0], [6, 0], [6, 2], [2, 2], [2, 6], [0, 6]];
  for (let start = 0; start < outline.length; start++) {
    const corners = outline.map((_, i) => outline[(start + i) % outline.length]);
    const text = ["o floor", ...corners.map(([x, z]) => `v ${x} 1 ${z}`), "f 6 5 4 3 2 1"].join("\n");
    const { labels } = await decodeMesh(encode(text), "a.obj", PAPER_CLASSES, PLAIN);
    assertEquals(labels.reduce((sum, label) => sum + Number(label > 0), 0), 6 * 2 + 2 * 4, `from corner ${start}`);
    assertEquals(labels[4 * 256 + 4], 0, "the notch");
  }
});

Deno.test("triangulate: without an area or crossing itself a polygon is still a fan; too many corners are refused", async () => {
  assertEquals(triangulate([0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 0, 0]), [0, 1, 2, 0, 2, 3]);
  assertEquals(triangulate([0, 0, 0, 2, 2, 0, 2, 0, 0, 0, 2, 0]).length, 6);
  const many = Array.from({ length: 10_001 }, () => "1").join(" ");
  assertThrows(() => readObj(encode(`v 0 0 0\nf ${many}\n`)), FormatError, "line 2: a face of 10001 corners");
  await assertRejects(
    () => decodeMesh(encode(`v 0 0 0\nf 1 1\n`), "a.obj", PAPER_CLASSES, PLAIN),
    UserError,
    "of 2 corners",
  );
});
