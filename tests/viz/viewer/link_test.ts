import { assertEquals } from "@std/assert";
import { type LinkedView, linkTo, readLink } from "../../../viz/viewer/page/link.ts";

const VIEW: LinkedView = {
  key: "scenes:a&b/ü?x#y/3/80x48x80",
  index: 2,
  seed: 4294967295,
  camera: { eye: [90.126, -5, 1e3], target: [40, 24, 40] },
  hidden: [1, 11],
  unseen: [0],
  slices: { low: [0, 0, 3], high: [80, 20, 80] },
  switches: ["cutAway", "patterns"],
};

Deno.test("linkTo, readLink: all of a view comes back, places to a hundredth of a voxel; an entry alone, too", () => {
  const camera = { ...VIEW.camera, eye: [90.13, -5, 1000] as const };
  assertEquals(readLink(linkTo(VIEW.key, VIEW)), { key: VIEW.key, view: { ...VIEW, camera } });
  const plain = { ...VIEW, camera, seed: null, hidden: [], unseen: [], switches: [] };
  assertEquals(readLink(linkTo(VIEW.key, plain)).view, plain);
  assertEquals(readLink(linkTo(VIEW.key)), { key: VIEW.key, view: null });
});

Deno.test("readLink: addresses that nobody wrote name an entry at most", () => {
  const key = "x";
  for (
    const text of [
      ...["x?", "x?camera=1,2,3", "x?camera=1,2,3,4,5,six&slices=0,0,0,1,1,1", "x?camera=1,2,3,4,5,6"],
      ...["x?camera=1,2,3,4,5,6&slices=0,0,0,1,1,1&index=NaN", "x?camera=1,2,3,4,5,6&slices=1e999,0,0,1,1,1", "x?%"],
      "x?camera=1,2,3,4,5,6&slices=0,0,0,1,1,1&index=0.5",
    ]
  ) assertEquals(readLink(`#${text}`), { key, view: null }, text);
  assertEquals(readLink("#%"), { key: "%", view: null });
  assertEquals(readLink(""), { key: "", view: null });
});
