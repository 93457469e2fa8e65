/** A house made up for tests, as 3D-FRONT writes them. */

/** Quaternions (x, y, z, w) of turns about the y axis. */
export const QUARTER_TURN: [number, number, number, number] = [0, Math.SQRT1_2, 0, Math.SQRT1_2];
/** The same, by 180 degrees. */
export const HALF_TURN: [number, number, number, number] = [0, 1, 0, 0];

/**
 * A bedroom with a floor of 3.6 x 3 m, a bed that has a box, a chair that has a model alone, something far off; and a
 * room without a floor.
 */
export function bedroom() {
  const place = { rot: [0, 0, 0, 1], scale: [1, 1, 1] };
  return {
    uid: "made-up",
    mesh: [{
      uid: "floor/0",
      type: "Floor",
      xyz: [5, 0, 7, 8.6, 0, 7, 8.6, 0, 10, 5, 0, 10],
      faces: [0, 2, 1, 0, 3, 2],
    }],
    furniture: [
      { uid: "1/model", jid: "model-1", category: "King-size Bed", bbox: [1.2, 0.6, 1.8], valid: true },
      { uid: "2/model", jid: "model-2", title: "", bbox: [[1, 2, 3]] },
    ],
    scene: {
      room: [
        {
          type: "Bedroom",
          instanceid: "Bedroom-1",
          children: [
            { ref: "floor/0", ...place, pos: [0, 0, 0] },
            { ref: "1/model", pos: [6.5, 0, 8.2], rot: QUARTER_TURN, scale: [2, 1, 1] },
            { ref: "2/model", ...place, pos: [8, 0, 9.5] },
            { ref: "1/model", ...place, pos: [1e9, 0, 0] },
          ],
        },
        { type: "OtherRoom", instanceid: "OtherRoom-2", children: [] },
      ],
    },
  };
}
