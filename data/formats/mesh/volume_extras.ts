/** What an exported `.glb` says about its volume, so that it is read back into the same voxels. */
import { z } from "zod";
import { type Grid, voxelCount } from "../../grid.ts";

/** Most voxels of a volume that is read back without being told its grid: a few bytes of a file stand for them. */
const MOST_VOXELS = 2 ** 24;

/** The `extras` of the scene of an export. The corner of voxel (0, 0, 0) is in the origin. */
export interface VolumeExtras {
  /** Voxels x, y (up), z; of any number. */
  readonly grid: Grid;
  /** Edge of a voxel. */
  readonly voxelMetres: number;
}

const size = z.int().min(1);
const schema: z.ZodType<VolumeExtras> = z.looseObject({
  grid: z.tuple([size, size, size]).refine((grid) => voxelCount(grid) <= MOST_VOXELS),
  voxelMetres: z.number().positive(),
});

/** Reads the extras of a scene; null if they are not those of an export, or of one of more than 2²⁴ voxels. */
export function readVolumeExtras(extras: unknown): VolumeExtras | null {
  return schema.safeParse(extras).data ?? null;
}
