import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../../base/errors.ts";
import { CLASS_NAMES, PALETTE } from "../../../data/classes.ts";
import type { Grid } from "../../../data/grid.ts";
import { GENERATED, RECONSTRUCTIONS } from "../../../run/evaluation_files.ts";
import { contactSheet } from "../../../viz/draw/contact_sheet.ts";
import { evaluationSheet } from "../../../viz/draw/evaluation_sheet.ts";
import { classLegend } from "../../../viz/draw/legend.ts";
import { frameOf, renderVolume } from "../../../viz/draw/render.ts";
import { closedRoom, labelOf, volumeWith } from "./scenes.ts";

const GRID: Grid = [16, 16, 16];

Deno.test("contactSheet: holds the picture of every volume, unchanged, in its row and column", () => {
  const rooms = [closedRoom(GRID), volumeWith(GRID, [[3, 4, 5, labelOf("sofa")], [9, 1, 2, labelOf("bed")]])];
  const others = rooms.map((labels) => labels.map((label) => label === labelOf("table") ? 0 : label));
  const told: number[] = [];
  const cell = { width: 60, height: 50 };
  const sheet = contactSheet([{ title: "real", volumes: rooms }, { title: "refined", volumes: others }], GRID, {
    ...cell,
    onProgress: (done, total) => told.push(done / total),
  });
  assertEquals(told, [0.25, 0.5, 0.75, 1]);
  const places = rooms.map((labels) => find(sheet, renderVolume(labels, GRID, cell)));
  assertEquals(places[0].x, places[1].x);
  assert(places[1].y >= places[0].y + 50);
  assertEquals(find(sheet, renderVolume(others[1], GRID, cell)), places[1], "equal volumes: first place of two");
  assert(find(sheet, renderVolume(others[0], GRID, cell)).x >= places[0].x + 60);
});

/** Where `part` appears in `whole`, pixel by pixel. */
function find(whole: ReturnType<typeof renderVolume>, part: ReturnType<typeof renderVolume>): { x: number; y: number } {
  const big = new Uint32Array(whole.data.buffer), small = new Uint32Array(part.data.buffer);
  for (let y = 0; y + part.height <= whole.height; y++) {
    for (let x = 0; x + part.width <= whole.width; x++) {
      if (small.every((p, i) => p === big[(y + Math.floor(i / part.width)) * whole.width + x + i % part.width])) {
        return { x, y };
      }
    }
  }
  throw new Error("the picture is not in the sheet");
}

Deno.test("contactSheet: a version larger than the first one is not cut off, and both are seen from one place", () => {
  const large = closedRoom(GRID), small = volumeWith(GRID, [[7, 0, 7, labelOf("table")]]);
  const cell = { width: 80, height: 60 };
  const sheet = contactSheet([{ title: "a", volumes: [small] }, { title: "b", volumes: [large] }], GRID, cell);
  const frame = frameOf(large, GRID);
  const places = [small, large].map((labels) => find(sheet, renderVolume(labels, GRID, { ...cell, frame })));
  assertEquals(places[0].y, places[1].y);
});

Deno.test("contactSheet: several scenes to a row, each with its versions side by side; the last row may be short", () => {
  const rooms = [1, 7, 13].map((x) => volumeWith(GRID, [[x, 0, 3, labelOf("bed")], [0, 0, 15, labelOf("floor")]]));
  const others = rooms.map((labels) => labels.map((label) => label === labelOf("bed") ? labelOf("sofa") : label));
  const cell = { width: 60, height: 50 };
  const columns = [{ title: "", volumes: rooms }, { title: "", volumes: others }];
  const sheet = contactSheet(columns, GRID, { ...cell, across: 2 });
  const places = columns.map(({ volumes }) => volumes.map((labels) => find(sheet, renderVolume(labels, GRID, cell))));
  for (const [version, found] of places.entries()) {
    found.forEach(({ x, y }, scene) => {
      const column = 2 * (scene % 2) + version, row = Math.floor(scene / 2);
      assertEquals([Math.floor(x / 60), Math.floor(y / 50)], [column, row], `scene ${scene}, version ${version}`);
    });
  }
});

Deno.test("evaluationSheet: sixteen generated rooms are four by four, reconstructions a row each, six at most", () => {
  const rooms = Array.from({ length: 16 }, () => volumeWith(GRID, [[1, 0, 3, labelOf("bed")]]));
  const cell = { width: 60, height: 50 };
  const cells = (
    { width, height }: ReturnType<typeof renderVolume>,
  ) => [Math.floor(width / 60), Math.floor(height / 50)];
  const sheet = evaluationSheet(GENERATED, { generate: rooms }, GRID, cell);
  assertEquals(cells(sheet)[0], 4);
  const both = evaluationSheet(GENERATED, { generate: rooms, generate_refine: rooms }, GRID, cell);
  assertEquals(cells(both)[0], 8);
  const rows = evaluationSheet(RECONSTRUCTIONS, { real: rooms, recons: rooms, recons_refine: null }, GRID, cell);
  const few = evaluationSheet(RECONSTRUCTIONS, { real: rooms, recons: rooms }, GRID, { ...cell, most: 2 });
  assertEquals(cells(rows)[0], 2);
  assertEquals(rows.height - few.height, 4 * (50 + 6), "six rows against two");
});

Deno.test("contactSheet: titles, row titles and legend leave ink in their places", () => {
  const volumes = [new Uint8Array(16 ** 3)];
  const cell = { width: 200, height: 30 };
  const ink = (title: string, rowTitle: string) => {
    const { width, height, data } = contactSheet([{ title, volumes }], GRID, { ...cell, rowTitles: [rowTitle] });
    const rows = Array.from(
      { length: height },
      (_, y) => data.subarray(y * width * 4, (y + 1) * width * 4).some((v) => v < 200),
    );
    return { above: rows.slice(0, 20).includes(true), beside: rows.slice(26, 50).includes(true), rows };
  };
  assertEquals([ink("real", "").above, ink("real", "").beside], [true, false]);
  assertEquals([ink("", "scene 3").above, ink("", "scene 3").beside], [false, true]);
  assert(ink("", "").rows.slice(60).includes(true), "legend");
});

Deno.test("contactSheet: nothing to draw and columns of different lengths are errors for the user", () => {
  const volume = new Uint8Array(16 ** 3);
  assertThrows(() => contactSheet([], GRID), UserError, "no scenes");
  assertThrows(() => contactSheet([{ title: "real", volumes: [] }], GRID), UserError, "no scenes");
  const columns = [{ title: "real", volumes: [volume] }, { title: "refined", volumes: [volume, volume] }];
  assertThrows(() => contactSheet(columns, GRID), UserError, '"refined" has 2 scenes');
});

Deno.test("classLegend: shows the colour of every class but empty, and breaks lines where it is narrow", () => {
  const wide = classLegend(1200, 14), narrow = classLegend(200, 14);
  assert(narrow.height >= 3 * wide.height);
  for (const { data } of [wide, narrow]) {
    const seen = new Set<string>();
    for (let i = 0; i < data.length; i += 4) seen.add(data.subarray(i, i + 3).join());
    for (let label = 1; label < CLASS_NAMES.length; label++) {
      assert(seen.has(PALETTE[label].join()), CLASS_NAMES[label]);
    }
    assert(!seen.has(PALETTE[0].join()));
  }
});
