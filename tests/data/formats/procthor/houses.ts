/** Houses made up for tests, as ProcTHOR writes them. */

/** An object of a house, as in its JSON. */
export interface PlacedObject {
  readonly id?: string;
  readonly assetId: string;
  readonly position: { readonly x: number; readonly y: number; readonly z: number };
  readonly rotation?: { readonly x: number; readonly y: number; readonly z: number };
  readonly children?: readonly PlacedObject[];
}

/** Sizes of the assets in {@link twoRooms}, as the reduced asset table has them. */
export const ASSETS = {
  Bed_1: ["Bed", 1.5, 0.9, 2.1],
  Table_1: ["DiningTable", 1.2, 0.72, 0.9],
  pillow_1: ["Pillow", 0.36, 0.12, 0.36],
  Countertop_L_6x6: ["CounterTop", 1.83, 0.96, 1.83],
};

const wall = (room: string, x0: number, z0: number, x1: number, z1: number, height: number) => ({
  id: `wall|${room}|${x0}|${z0}|${x1}|${z1}`,
  roomId: room,
  polygon: [{ x: x0, y: 0, z: z0 }, { x: x1, y: 0, z: z1 }, { x: x0, y: height, z: z0 }, { x: x1, y: height, z: z1 }],
});

const room = (id: string, roomType: string, [x0, x1]: readonly number[], [z0, z1]: readonly number[]) => ({
  id,
  roomType,
  floorPolygon: [[x0, z0], [x0, z1], [x1, z1], [x1, z0]].map(([x, z]) => ({ x, y: 0, z })),
});

const around = (id: string, [x0, x1]: readonly number[], [z0, z1]: readonly number[]) => [
  wall(id, x0, z0, x0, z1, 2.4),
  wall(id, x0, z1, x1, z1, 2.4),
  wall(id, x1, z1, x1, z0, 2.4),
  wall(id, x1, z0, x0, z0, 2.4),
];

/** A bedroom, x 0 to 3.6 m, and a kitchen, x 3.6 to 6.6 m, with an open door between them and a window in the bedroom. */
export function twoRooms(objects: readonly PlacedObject[] = OBJECTS) {
  const walls = [...around("room|1", [0, 3.6], [0, 3]), ...around("room|2", [3.6, 6.6], [0, 3])];
  return {
    doors: [{
      assetId: "Doorway_1",
      openness: 1,
      wall0: walls[2].id,
      wall1: walls[4].id,
      holePolygon: [{ x: 0.3, y: 0, z: 0 }, { x: 1.2, y: 2.1, z: 0 }],
    }],
    windows: [{ assetId: "Window_1", wall0: walls[0].id, holePolygon: [{ x: 0.6, y: 0.9 }, { x: 1.8, y: 1.8 }] }],
    rooms: [room("room|1", "Bedroom", [0, 3.6], [0, 3]), room("room|2", "Kitchen", [3.6, 6.6], [0, 3])],
    walls,
    objects,
  };
}

const OBJECTS: readonly PlacedObject[] = [
  {
    id: "Bed|1|0",
    assetId: "Bed_1",
    position: { x: 1.05, y: 0.45, z: 1.5 },
    rotation: { x: 0, y: 90, z: 0 },
    children: [{ assetId: "pillow_1", position: { x: 0.4, y: 0.61, z: 1.5 } }],
  },
  { id: "DiningTable|2|0", assetId: "Table_1", position: { x: 5.11, y: 0.36, z: 1.5 } },
];
