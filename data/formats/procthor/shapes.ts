/** Shapes of objects: what fills the box around a chair, a bed, a lamp. */

/** Where a part of an object starts and ends along one axis, in metres. */
export type Extent = readonly [from: number, to: number];

/**
 * A part of an object in the object's own axes: x along its width and z from its back to its front, both with 0 in the
 * middle, y up from its lowest point.
 */
export interface Part {
  readonly x: Extent;
  readonly y: Extent;
  readonly z: Extent;
}

/** Parts of an object of this width, height and depth in metres; they lie within its box. */
export type Shape = (width: number, height: number, depth: number) => Part[];

/** Thickness of boards, and of legs, in metres: a voxel of the published scenes. */
const BOARD = 0.06;
/** Depth of kitchen counters, in metres. */
const COUNTER_DEPTH = 0.61;

/** Thickness of a board, at most half of what it is a part of. */
const boardOf = (length: number) => Math.min(BOARD, length / 2);

const whole: Shape = (w, h, d) => [{ x: [-w / 2, w / 2], y: [0, h], z: [-d / 2, d / 2] }];

function legs(w: number, d: number, height: number): Part[] {
  const a = boardOf(w), b = boardOf(d);
  return [-w / 2, w / 2 - a].flatMap((x) =>
    [-d / 2, d / 2 - b].map((z): Part => ({ x: [x, x + a], y: [0, height], z: [z, z + b] }))
  );
}

/** A slab from `from` to `to` above the floor, over the whole floor area. */
const slab = (w: number, d: number, from: number, to: number): Part => ({
  x: [-w / 2, w / 2],
  y: [from, to],
  z: [-d / 2, d / 2],
});

/** Both sides, `thickness` wide, from the floor to `height`. */
const sides = (w: number, d: number, height: number, thickness: number): Part[] => [
  { x: [-w / 2, -w / 2 + thickness], y: [0, height], z: [-d / 2, d / 2] },
  { x: [w / 2 - thickness, w / 2], y: [0, height], z: [-d / 2, d / 2] },
];

/** What stands upright along the back, `thickness` deep. */
const back = (w: number, d: number, from: number, to: number, thickness: number): Part => ({
  x: [-w / 2, w / 2],
  y: [from, to],
  z: [-d / 2, -d / 2 + thickness],
});

/** A top on four legs. */
const table: Shape = (w, h, d) => [...legs(w, d, h - boardOf(h)), slab(w, d, h - boardOf(h), h)];

/** A top on two sides, open in front, with a panel at the back. */
const desk: Shape = (w, h, d) => {
  const top = h - boardOf(h);
  return [...sides(w, d, top, boardOf(w)), back(w, d, top / 2, top, boardOf(d)), slab(w, d, top, h)];
};

/** Four legs, a seat, a back. */
const chair: Shape = (w, h, d) => {
  const seat = Math.min(0.46, 0.55 * h), board = boardOf(seat);
  return [...legs(w, d, seat - board), slab(w, d, seat - board, seat), back(w, d, seat, h, boardOf(d))];
};

/** A seat down to the floor between arms, and a back. */
const sofa: Shape = (w, h, d) => {
  const arm = Math.min(0.2, w / 5);
  return [slab(w, d, 0, 0.45 * h), ...sides(w, d, 0.65 * h, arm), back(w, d, 0.45 * h, h, Math.min(0.24, d / 3))];
};

/** A frame with a mattress on legs, and a headboard. */
const bed: Shape = (w, h, d) => {
  const top = Math.min(0.55, 0.65 * h), under = Math.min(0.12, top / 3);
  return [...legs(w, d, under), slab(w, d, under, top), back(w, d, 0, h, boardOf(d))];
};

/** Sides, a back, and a board about every 35 cm. */
const shelves: Shape = (w, h, d) => {
  const count = Math.max(2, Math.round(h / 0.35)), board = Math.min(BOARD, h / (2 * count));
  const boards = Array.from({ length: count }, (_, i) => {
    const from = (h - board) * i / (count - 1);
    return slab(w, d, from, from + board);
  });
  return [...sides(w, d, h, boardOf(w)), back(w, d, 0, h, boardOf(d)), ...boards];
};

/** Shelves without a back. */
const cart: Shape = (
  w,
  h,
  d,
) => [...legs(w, d, h), ...[0.15, 0.55, 0.95].map((at) => slab(w, d, (at - 0.05) * h, at * h))];

/** A foot, a pole and a shade. */
const lamp: Shape = (w, h, d) => {
  const foot = boardOf(h), shade = Math.max(0.7 * h, foot), pole = Math.min(0.03, w / 2, d / 2);
  return [
    { x: [-w / 4, w / 4], y: [0, foot], z: [-d / 4, d / 4] },
    { x: [-pole, pole], y: [foot, shade], z: [-pole, pole] },
    slab(w, d, shade, h),
  ];
};

/** Leaves above a pot. */
const plant: Shape = (w, h, d) => [
  { x: [-w / 3, w / 3], y: [0, 0.35 * h], z: [-d / 3, d / 3] },
  slab(w, d, 0.35 * h, h),
];

/** A screen on a foot. */
const screen: Shape = (w, h, d) => {
  const thickness = boardOf(d) / 2;
  return [
    { x: [-w / 4, w / 4], y: [0, 0.1 * h], z: [-d / 2, d / 2] },
    { x: [-w / 2, w / 2], y: [0.1 * h, h], z: [-thickness, thickness] },
  ];
};

/** A keyboard, and a screen at its back. */
const laptop: Shape = (w, h, d) => [slab(w, d, 0, Math.min(0.03, h)), back(w, d, 0, h, Math.min(0.03, d))];

/** A seat with a cistern behind it. */
const toilet: Shape = (w, h, d) => [
  { x: [-w / 4, w / 4], y: [0, 0.4 * h], z: [-d / 2, 0.35 * d] },
  { x: [-w / 2, w / 2], y: [0.4 * h, 0.5 * h], z: [-d / 6, d / 2] },
  { x: [-w / 2, w / 2], y: [0.4 * h, h], z: [-d / 2, -d / 6] },
];

/** Walls around an open top. */
const bin: Shape = (w, h, d) => {
  const a = boardOf(w) / 2, b = boardOf(d) / 2;
  return [
    slab(w, d, 0, boardOf(h)),
    ...sides(w, d, h, a),
    back(w, d, 0, h, b),
    { x: [-w / 2, w / 2], y: [0, h], z: [d / 2 - b, d / 2] },
  ];
};

/** A counter along the back with a leg to the front at the right (L) or at both sides (C), by the name of the asset. */
function counter(assetId: string): Shape {
  const [, form] = /^Countertop_(L|C)_/i.exec(assetId) ?? [];
  if (form === undefined) return whole;
  return (w, h, d) => {
    const [left, right] = sides(w, d, h, Math.min(COUNTER_DEPTH, w / 2));
    const run = back(w, d, 0, h, Math.min(COUNTER_DEPTH, d));
    return form.toUpperCase() === "L" ? [run, right] : [run, left, right];
  };
}

/** Types that are no solid blocks. */
const SHAPES: Readonly<Record<string, Shape>> = {
  ArmChair: sofa,
  Bed: bed,
  Box: bin,
  Cart: cart,
  Chair: chair,
  CoffeeTable: table,
  Desk: desk,
  DeskLamp: lamp,
  DiningTable: table,
  FloorLamp: lamp,
  Footstool: table,
  GarbageCan: bin,
  HousePlant: plant,
  Laptop: laptop,
  LaundryHamper: bin,
  ShelvingUnit: shelves,
  SideTable: table,
  Sofa: sofa,
  Stool: table,
  Television: screen,
  Toilet: toilet,
};

/** The shape of an asset of a type; a solid block for types that have none of their own. */
export function shapeOf(type: string, assetId: string): Shape {
  if (type === "CounterTop") return counter(assetId);
  return Object.hasOwn(SHAPES, type) ? SHAPES[type] : whole;
}
