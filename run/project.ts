/** Project files: a scene and what was done to it, so that it can be done again. */
import { z } from "zod";
import { UserError } from "../base/errors.ts";
import { readTextFile } from "../base/files.ts";
import { type Grid, voxelCount } from "../data/grid.ts";
import { labelsOfRuns } from "../data/run_lengths.ts";
import { parseJson } from "../base/json.ts";
import type { SamplerOptions } from "../nn/prior/flow_prior.ts";
import { type Beyond, grownGrid, growthBeyond, SIDES } from "../data/scenes/growth.ts";
import type { Selection } from "../data/scenes/selection.ts";

/**
 * What is done to a selected part of a scene. "remove" takes away what stands there and completes floor and walls;
 * "replace" puts a class there; "regenerate" makes something up, of the type and with the classes that are asked for.
 */
export type EditCondition =
  | { readonly change: "remove" }
  | { readonly change: "replace"; readonly by: string }
  | {
    readonly change: "regenerate";
    readonly type?: string;
    readonly with?: readonly string[];
    readonly without?: readonly string[];
  };

/** An edit as it is asked for. */
export interface EditRequest {
  /** What changes of the scene, or where it goes on: what lies beyond a side can only be made up. */
  readonly selection: Selection | Beyond;
  readonly condition: EditCondition;
  /** uint32, of the proposals. */
  readonly seed: number;
}

/** An edit as it was made. */
export interface Edit extends EditRequest {
  /** Which of the seed's proposals was taken, from 0. */
  readonly proposal: number;
  /** `fingerprint` of the scene after the edit. */
  readonly result: string;
}

/** What makes the proposals of a project. */
export interface ProjectRun {
  /** SHA-256 of the checkpoint. */
  readonly checksum: string;
  /** Of the checkpoint. */
  readonly step: number;
  /** Name of the engine. */
  readonly engine: string;
  /** How codes are drawn: what the program does unless told otherwise may change. */
  readonly sampler: Required<SamplerOptions>;
}

/** A scene, what was done to it, and by whom. */
export interface Project {
  /** Version of the format. */
  readonly project: 1;
  /** Who made the proposals, and how they were drawn. */
  readonly run: ProjectRun;
  /** The scene at the beginning, its labels as `runLengths`. */
  readonly scene: { readonly grid: Grid; readonly runs: readonly number[] };
  /** In their order, undone ones last. */
  readonly edits: readonly Edit[];
  /** How many of them are not undone. */
  readonly applied: number;
}

/** Longest project, in characters; a scene of the published grid takes some hundred thousand. */
export const LONGEST_PROJECT: number = 16 * 2 ** 20;
/** Most voxels along an axis, and in all. */
const LONGEST_SIDE = 4096, MOST_VOXELS = 2 ** 24;
/** Most voxels of all scenes of a project together, which a replay keeps: 800 edits of the paper's grid. */
const MOST_REPLAYED_VOXELS = 2 ** 28;
/** Most proposals that one is chosen of: each is a scene that the networks make. */
export const MOST_PROPOSALS = 16;

const place = z.int().min(-LONGEST_SIDE).max(LONGEST_SIDE);
const voxel = z.tuple([place, place, place]);
const side = z.int().min(1).max(LONGEST_SIDE);
const className = z.string().min(1).max(40);
const classNames = z.array(className).max(255).optional();

const request = {
  selection: z.union([
    z.strictObject({ box: z.strictObject({ start: voxel, end: voxel }) }),
    z.strictObject({ object: voxel }),
    z.strictObject({ beyond: z.enum(SIDES), by: side }),
  ], {
    error: 'expected { "box": { "start": [x, y, z], "end": [x, y, z] } }, { "object": [x, y, z] } or ' +
      '{ "beyond": "+x", "by": 32 }',
  }),
  condition: z.discriminatedUnion("change", [
    z.strictObject({ change: z.literal("remove") }),
    z.strictObject({ change: z.literal("replace"), by: className }),
    z.strictObject({
      change: z.literal("regenerate"),
      type: z.string().min(1).max(200).optional(),
      with: classNames,
      without: classNames,
    }),
  ], { error: "expected a change: remove, replace, or regenerate" }),
  seed: z.int().min(0).max(0xffffffff),
};

/** What each setting of a sampler may be, in files and in flags. */
export const SAMPLER_FIELDS = {
  steps: z.int().min(1).max(1000),
  guidance: z.number().min(0).max(100),
  temperature: z.number().min(0).max(10),
} as const;

/** Checks the `sampler` of a {@link ProjectRun} in JSON. */
export const SamplerSchema: z.ZodType<ProjectRun["sampler"]> = z.strictObject(SAMPLER_FIELDS);

/** Checks an {@link EditRequest} in JSON. */
export const EditRequestSchema: z.ZodType<EditRequest> = z.strictObject(request);

const ProjectSchema: z.ZodType<Project> = z.strictObject({
  project: z.literal(1, { error: "expected version 1" }),
  run: z.strictObject({
    checksum: z.string().max(200),
    step: z.int().min(0),
    engine: z.string().max(200),
    sampler: SamplerSchema,
  }),
  scene: z.strictObject({ grid: z.tuple([side, side, side]), runs: z.array(z.int()) }),
  edits: z.array(
    z.strictObject({ ...request, proposal: z.int().min(0).max(MOST_PROPOSALS - 1), result: z.string().max(64) }),
  )
    .max(10_000),
  applied: z.int().min(0),
}).refine(({ applied, edits }) => applied <= edits.length, { path: ["applied"], error: "there are fewer edits" })
  .refine(({ scene }) => voxelCount(scene.grid) <= MOST_VOXELS, { path: ["scene"], error: "the scene is too large" })
  .refine((project) => voxelCount(lastGrid(project)) <= MOST_VOXELS, {
    path: ["edits"],
    error: `the scene grows to more than ${MOST_VOXELS} voxels`,
  })
  .refine((project) => replayedVoxels(project) <= MOST_REPLAYED_VOXELS, {
    path: ["edits"],
    error: `more edits of such a scene than memory should hold, ${MOST_REPLAYED_VOXELS} voxels together`,
  });

/** The grid of a project's scene after all edits, undone ones too; no scene before it is larger. */
function lastGrid({ scene, edits }: Project): Grid {
  return edits.reduce(
    (grid, { selection }) =>
      "beyond" in selection ? grownGrid(grid, growthBeyond([selection.beyond], selection.by)) : grid,
    scene.grid,
  );
}

/** Most voxels that the scenes of a project have together, at its beginning and after each edit. */
export function replayedVoxels(project: Project): number {
  return (1 + project.edits.length) * voxelCount(lastGrid(project));
}

/** Reads a project file. @throws {UserError} if it cannot be read, is too long, or is no project. */
export async function readProject(path: string): Promise<Project> {
  return parseProject(await readTextFile(path), path);
}

/** A project from its text. @throws {UserError} naming `name`, the first bad field and what is wrong. */
export function parseProject(text: string, name: string): Project {
  if (text.length <= LONGEST_PROJECT) return parseJson(text, name, ProjectSchema);
  throw new UserError(`${name}: ${text.length} characters; a project has at most ${LONGEST_PROJECT}`);
}

/** Labels `[D, H, W]` of the scene that a project begins with. @throws {UserError} if they do not fill its grid. */
export function startingScene({ scene: { grid, runs } }: Project, name: string): Uint8Array<ArrayBuffer> {
  return labelsOfRuns(runs, voxelCount(grid), name);
}
