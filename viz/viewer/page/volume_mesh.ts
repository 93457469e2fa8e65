/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** A volume as one mesh. */
import type { Grid } from "../../../data/grid.ts";
import { greedyMesh, quadCorners } from "../../export/greedy_mesh.ts";
import { crowding, CROWDING_MARGIN } from "./crowding.ts";
import {
  BufferAttribute,
  BufferGeometry,
  Data3DTexture,
  LinearFilter,
  Mesh,
  RedFormat,
  type ShaderMaterial,
  Vector3,
} from "./three.ts";
import { type SharedLook, voxelMaterial } from "./voxel_material.ts";

/** A volume on the graphics processor. Dispose it to give its memory back. */
export class VolumeMesh implements Disposable {
  readonly mesh: Mesh<BufferGeometry, ShaderMaterial>;
  readonly #crowd: Data3DTexture;

  /** @param labels `[D, H, W]`, what is shown of a volume. */
  constructor(labels: Uint8Array, grid: Grid, look: SharedLook) {
    const size = grid.map((each) => each + 2 * CROWDING_MARGIN);
    this.#crowd = new Data3DTexture(crowding(labels, grid) as Uint8Array<ArrayBuffer>, size[2], size[1], size[0]);
    this.#crowd.format = RedFormat;
    this.#crowd.minFilter = this.#crowd.magFilter = LinearFilter;
    this.#crowd.unpackAlignment = 1;
    this.#crowd.needsUpdate = true;
    this.mesh = new Mesh(geometryOf(labels, grid), voxelMaterial(look, this.#crowd, new Vector3(...size)));
    this.mesh.frustumCulled = false; // there is nothing else to see
  }

  [Symbol.dispose](): void {
    this.mesh.geometry.dispose();
    this.mesh.material.dispose();
    this.#crowd.dispose();
  }
}

/** How far rectangles reach over their borders, in voxels: hides the pinholes where a corner meets the side of another. */
const OVERLAP = 0.008;

/** Corners of the rectangles, and per corner class and direction (2 · axis + 1 if it looks towards +). */
function geometryOf(labels: Uint8Array, grid: Grid): BufferGeometry {
  const quads = greedyMesh(labels, grid);
  const positions = new Float32Array(12 * quads.count), kinds = new Float32Array(8 * quads.count);
  const indices = new Uint32Array(6 * quads.count);
  for (let quad = 0; quad < quads.count; quad++) {
    quadCorners(quads, quad, positions, 12 * quad);
    for (const along of [(quads.axis[quad] + 1) % 3, (quads.axis[quad] + 2) % 3]) {
      const middle = (positions[12 * quad + along] + positions[12 * quad + 6 + along]) / 2;
      for (let at = 12 * quad + along; at < 12 * quad + 12; at += 3) {
        positions[at] += positions[at] < middle ? -OVERLAP : OVERLAP;
      }
    }
    const face = 2 * quads.axis[quad] + (quads.sign[quad] > 0 ? 1 : 0);
    for (let corner = 0; corner < 4; corner++) {
      kinds[8 * quad + 2 * corner] = quads.label[quad];
      kinds[8 * quad + 2 * corner + 1] = face;
    }
    const first = 4 * quad, at = 6 * quad;
    indices[at] = indices[at + 3] = first;
    indices[at + 1] = first + 1;
    indices[at + 2] = indices[at + 4] = first + 2;
    indices[at + 5] = first + 3;
  }
  const geometry = new BufferGeometry();
  geometry.setAttribute("position", new BufferAttribute(positions, 3));
  geometry.setAttribute("kind", new BufferAttribute(kinds, 2));
  geometry.setIndex(new BufferAttribute(indices, 1));
  return geometry;
}
