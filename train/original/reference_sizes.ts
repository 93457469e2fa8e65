/** Sizes of the networks, from the shapes of a checkpoint's variables. */
import { UserError } from "../../base/errors.ts";
import { CLASS_COUNT } from "../../data/classes.ts";
import { type ModelConfig, PAPER_MODEL } from "../../nn/models/config.ts";
import { type Shape, shapeText } from "../../nn/shape.ts";

/** Grid and shapes do not tell how many latent cells lie along each axis; these are the paper's 5 × 3 × 5. */
const PAPER_CELLS = 75;

/**
 * The model that variables of these shapes belong to.
 *
 * @param shapes of variables by name, in the original's layout; a variable that sizes are read from must be there.
 * @param grid voxels of a scene; needed unless the latent code has the paper's 75 cells.
 * @param source names the checkpoint in errors.
 * @throws {UserError} if a shape is not of such a network, or the grid does not fit it.
 */
export function sizesOf(
  shapes: ReadonlyMap<string, Shape>,
  grid: readonly [number, number, number] | undefined,
  source: string,
): ModelConfig {
  const axis = (name: string, index: number, axes: number): number => {
    const shape = shapes.get(name);
    if (!shape) throw new UserError(`${source} has no variable ${name}, which the sizes of the networks are read from`);
    if (shape.length !== axes || shape[index] < 1) {
      throw new UserError(`${source}: ${name} has shape ${shapeText(shape)}, expected ${axes} sizes of 1 or more`);
    }
    return shape[index];
  };
  const filter = (name: string, index: number) => axis(name, index, 5);
  const latentChannels = filter("encode_W5", 4);
  const cells = axis("gen_W1", 0, 2) / latentChannels;
  const config: ModelConfig = {
    system: "fc-alphagan",
    generator: "dense",
    grid: gridOf(cells, grid, source),
    classes: filter("encode_W1", 3),
    channels: [filter("encode_W1", 4), filter("encode_W2", 4), filter("encode_W3", 4), filter("encode_W4", 4)],
    latentChannels,
    codeUnits: axis("cod_W1", 1, 2),
    refinerChannels: filter("refine_W1", 4),
    kernel: [filter("encode_W1", 0), filter("encode_W1", 1), filter("encode_W1", 2)],
    refinerKernel: filter("refine_W1", 0),
  };
  const fixed = { classes: CLASS_COUNT, kernel: PAPER_MODEL.kernel, refinerKernel: PAPER_MODEL.refinerKernel };
  for (const [name, wanted] of Object.entries(fixed)) {
    const found = config[name as keyof typeof fixed];
    if (String(found) !== String(wanted)) {
      throw new UserError(`${source}: ${name} is ${found} in this checkpoint, runs of this program have ${wanted}`);
    }
  }
  return config;
}

function gridOf(
  cells: number,
  grid: readonly [number, number, number] | undefined,
  source: string,
): ModelConfig["grid"] {
  const chosen = grid ?? (cells === PAPER_CELLS ? PAPER_MODEL.grid : undefined);
  if (!chosen) {
    throw new UserError(
      `${source}: its latent code has ${cells} cells of 16³ voxels, but not how they lie; give the size of a scene, ` +
        `e.g. --grid ${16 * cells}x16x16`,
    );
  }
  const wanted = chosen.reduce((product, size) => product * size / 16, 1);
  if (wanted === cells && chosen.every((size) => size > 0 && size % 16 === 0)) return chosen;
  throw new UserError(
    `${source}: its latent code has ${cells} cells of 16³ voxels, a grid of ${chosen.join("x")} has ${wanted}`,
  );
}
