import { assert, assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { UserError } from "../../../base/errors.ts";
import { PALETTE } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { cameraFor, project, type View, VIEWS } from "../../../viz/draw/camera.ts";
import type { Image } from "../../../viz/draw/image.ts";
import { boundingBox, renderVolume } from "../../../viz/draw/render.ts";
import { closedRoom, labelOf, volumeWith } from "./scenes.ts";

const GRID: Grid = [16, 12, 20];
const WHOLE = { low: [0, 0, 0], high: GRID } as const;

function pixel(image: Image, x: number, y: number): number[] {
  return [...image.data.subarray((y * image.width + x) * 4, (y * image.width + x) * 4 + 4)];
}

/** The class whose colour, at some brightness of at most 1, is nearest to the pixel; −1 for white. */
function classOf([red, green, blue]: number[]): number {
  if (red + green + blue === 765) return -1;
  const distances = PALETTE.map((color) => {
    const brightness = Math.min(
      1,
      (red * color[0] + green * color[1] + blue * color[2]) / color.reduce((s, c) => s + c * c, 0),
    );
    return Math.hypot(red - brightness * color[0], green - brightness * color[1], blue - brightness * color[2]);
  });
  return distances.indexOf(Math.min(...distances));
}

function classesIn(image: Image): Set<number> {
  const found = new Set<number>();
  for (let i = 0; i < image.data.length; i += 4) found.add(classOf([...image.data.subarray(i, i + 3)]));
  return found;
}

Deno.test("renderVolume: a cube shows its colour where the camera sees its centre, and nothing else is drawn", () => {
  const label = fc.integer({ min: 1, max: 11 });
  const voxel = fc.tuple(fc.nat(GRID[0] - 1), fc.nat(GRID[1] - 1), fc.nat(GRID[2] - 1));
  const view = fc.constantFrom(...Object.keys(VIEWS) as View[]);
  fc.assert(
    fc.property(label, voxel, view, (label, [x, y, z], view) => {
      const image = renderVolume(volumeWith(GRID, [[x, y, z, label]]), GRID, {
        width: 200,
        height: 150,
        view,
        cut: false,
        frame: WHOLE,
      });
      const { px, py } = project(cameraFor(WHOLE, view, 200, 150), [x + 0.5, y + 0.5, z + 0.5]);
      const seen = pixel(image, Math.floor(px), Math.floor(py));
      const brightness = seen[0] / PALETTE[label][0];
      assert(brightness > 0.5, `brightness ${brightness}`);
      for (let c = 0; c < 3; c++) assert(Math.abs(seen[c] - Math.min(255, brightness * PALETTE[label][c])) < 12);
      let drawn = 0;
      for (let i = 0; i < image.data.length; i += 4) {
        drawn += image.data[i] + image.data[i + 1] + image.data[i + 2] < 765 ? 1 : 0;
      }
      assert(drawn > 9 && drawn < 1500, `${drawn} pixels drawn`);
    }),
    { numRuns: 60 },
  );
});

Deno.test("renderVolume: the nearer of two cubes hides the other", () => {
  const labels = volumeWith(GRID, [[8, 0, 0, labelOf("bed")], [8, 0, 19, labelOf("table")]]);
  const seen = classesIn(renderVolume(labels, GRID, { width: 64, height: 64, view: "front", frame: WHOLE }));
  assert(seen.has(labelOf("bed")) && seen.has(labelOf("table")), "raised camera sees both");
  const wall = Array.from({ length: 16 * 12 }, (_, i) => [i % 16, Math.floor(i / 16), 10, labelOf("sofa")] as const);
  const hidden = volumeWith(GRID, [[8, 0, 0, labelOf("bed")], ...wall]);
  assert(!classesIn(renderVolume(hidden, GRID, { width: 64, height: 64, view: "front" })).has(labelOf("bed")));
  assert(classesIn(renderVolume(hidden, GRID, { width: 64, height: 64, view: "back" })).has(labelOf("bed")));
});

Deno.test("renderVolume: cutting away opens a closed room; without it only the outside is seen", () => {
  const grid: Grid = [32, 16, 32];
  const room = closedRoom(grid);
  for (const view of ["corner", "corner-2", "corner-3", "corner-4", "front", "back"] as const) {
    const open = classesIn(renderVolume(room, grid, { width: 240, height: 180, view }));
    assert(!open.has(labelOf("ceiling")), view);
    for (const name of ["floor", "wall", "table"] as const) assert(open.has(labelOf(name)), `${name} from ${view}`);
    const closed = classesIn(renderVolume(room, grid, { width: 240, height: 180, view, cut: false }));
    assert(closed.has(labelOf("ceiling")) && !closed.has(labelOf("table")), view);
  }
});

Deno.test("renderVolume: an empty volume shows the background only", () => {
  const labels = new Uint8Array(16 * 12 * 20);
  assertEquals(boundingBox(labels, GRID), null);
  const white = renderVolume(labels, GRID, { width: 40, height: 30 });
  assert(white.data.every((value) => value === 255));
  const clear = renderVolume(labels, GRID, { width: 40, height: 30, background: "transparent" });
  assert(clear.data.every((value) => value === 0));
  const grey = renderVolume(labels, GRID, { width: 1, height: 1, background: [9, 8, 7] });
  assertEquals([...grey.data], [9, 8, 7, 255]);
});

Deno.test("renderVolume: on a transparent background cubes are opaque inside and smooth at the border", () => {
  const { data } = renderVolume(volumeWith([1, 1, 1], [[0, 0, 0, 5]]), [1, 1, 1], {
    width: 90,
    height: 90,
    background: "transparent",
  });
  const alphas = data.filter((_, i) => i % 4 === 3);
  assert(alphas.includes(0) && alphas.includes(255));
  assert(alphas.some((alpha) => alpha > 0 && alpha < 255));
});

Deno.test("renderVolume: fills the picture up to the margin, whatever the shape of the volume", () => {
  const size = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(size, size, size, fc.constantFrom(...Object.keys(VIEWS) as View[]), (x, y, z, view) => {
      const { data } = renderVolume(new Uint8Array(x * y * z).fill(6), [x, y, z], { width: 80, height: 60, view });
      let left = 80, right = -1, top = 60, bottom = -1;
      for (let row = 0; row < 60; row++) {
        for (let column = 0; column < 80; column++) {
          if (data[(row * 80 + column) * 4 + 2] === 255) continue;
          left = Math.min(left, column);
          right = Math.max(right, column);
          top = Math.min(top, row);
          bottom = Math.max(bottom, row);
        }
      }
      assert(left > 0 && top > 0 && right < 79 && bottom < 59, "inside");
      assert(right - left > 72 || bottom - top > 52, "as large as it fits");
    }),
    { numRuns: 40 },
  );
});

Deno.test("renderVolume: wrong labels, lengths and sizes are errors for the user", () => {
  assertThrows(() => renderVolume(volumeWith(GRID, [[1, 2, 3, 12]]), GRID), UserError, "[1, 2, 3]");
  assertThrows(() => renderVolume(new Uint8Array(5), GRID), UserError, "3840 voxels");
  const labels = new Uint8Array(16 * 12 * 20);
  for (const width of [0, -3, 1.5, NaN, 100_000]) {
    assertThrows(() => renderVolume(labels, GRID, { width, height: 10 }), UserError, "each side");
  }
});
