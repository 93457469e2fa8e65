import { assert, assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { CLASS_COUNT, CLASS_NAMES, PALETTE, PAPER_OCCUPANCY_PERCENT } from "../../data/classes.ts";
import { checkGrid, formatGrid, type Grid, parseGrid } from "../../data/grid.ts";
import { checkLabels, emptyWhereUnknown, renumbered, toLabels } from "../../data/labels.ts";
import type { NpyData } from "../../data/formats/npy.ts";

Deno.test("CLASS_NAMES: twelve classes, each with a colour and an occupancy; occupancies add up to 100 %", () => {
  assertEquals([CLASS_COUNT, CLASS_NAMES.length, PALETTE.length, PAPER_OCCUPANCY_PERCENT.length], [12, 12, 12, 12]);
  assert(PALETTE.flat().every((value) => Number.isInteger(value) && value >= 0 && value <= 255));
  assertEquals(new Set(PALETTE.map(String)).size, 12);
  assert(Math.abs(PAPER_OCCUPANCY_PERCENT.reduce((sum, percent) => sum + percent) - 100) < 0.01);
});

Deno.test("checkGrid: accepts multiples of 16 and names the nearest grid otherwise", () => {
  for (const grid of [[80, 48, 80], [16, 16, 16], [32, 16, 160]]) checkGrid(grid);
  assertThrows(() => checkGrid([60, 36, 60]), UserError, "e.g. [64, 48, 64]");
  for (const grid of [[0, 16, 16], [-16, 16, 16], [16.5, 16, 16], [NaN, 16, 16]]) {
    assertThrows(() => checkGrid(grid, "a.npy"), UserError, "a.npy: every axis");
  }
  assertThrows(() => checkGrid([80, 48]), UserError, "has 2 axes, expected 3");
});

Deno.test("parseGrid: reads what formatGrid writes, and commas", () => {
  const grid: Grid = [80, 48, 96];
  assertEquals(parseGrid(formatGrid(grid)), grid);
  assertEquals(parseGrid("80,48, 96"), grid);
  for (const text of ["", "80", "80x48", "80x48x80x80", "80x-48x80", "ax48x80", "80x48x"]) {
    assertThrows(() => parseGrid(text), UserError, "expected three numbers");
  }
  assertThrows(() => parseGrid("80x50x80"), UserError, "[80, 64, 80]");
});

Deno.test("checkLabels: names file, value and voxel of the first label above 11", () => {
  const labels = new Uint8Array(2 * 3 * 4).fill(11);
  checkLabels(labels, "a.npy");
  labels[1 * 12 + 2 * 4 + 3] = 12;
  assertThrows(() => checkLabels(labels, "a.npy"), UserError, "a.npy: label 12 at voxel 23");
  assertThrows(() => checkLabels(labels, "a.npy", [2, 3, 4]), UserError, "a.npy: label 12 at voxel [1, 2, 3]");
});

Deno.test("toLabels: copies whole numbers 0 to 11 of any type and refuses all else", () => {
  const good: NpyData[] = [
    Int8Array.of(0, 11),
    Float16Array.of(0, 11),
    Float64Array.of(-0, 11),
    BigInt64Array.of(0n, 11n),
    Uint32Array.of(0, 11),
  ];
  for (const data of good) assertEquals(toLabels(data, "a.npy"), Uint8Array.of(0, 11));
  const bad: NpyData[] = [
    Int8Array.of(0, -1),
    Float32Array.of(0, 1.5),
    Float32Array.of(0, NaN),
    Float64Array.of(0, 256),
    Uint16Array.of(0, 257),
    BigInt64Array.of(0n, 2n ** 60n),
    BigInt64Array.of(0n, -1n),
    Uint8Array.of(0, 12),
  ];
  for (const data of bad) assertThrows(() => toLabels(data, "a.npy"), UserError, `label ${data[1]} at voxel 1`);
});

Deno.test("emptyWhereUnknown, renumbered: unknown voxels of a scene itself or of another", () => {
  const labels = Uint8Array.of(1, 255, 3), real = Uint8Array.of(255, 2, 3);
  assertEquals(emptyWhereUnknown(labels), Uint8Array.of(1, 0, 3));
  assertEquals(emptyWhereUnknown(Uint8Array.of(7, 8, 9), real), Uint8Array.of(0, 8, 9));
  assert(emptyWhereUnknown(labels, Uint8Array.of(0, 0, 0)) === labels);
  assertEquals(renumbered(labels, Uint8Array.of(0, 3, 2, 1)), Uint8Array.of(3, 255, 1));
});
