/** Where the models of a `.vox` file stand. */
import { FormatError } from "../../../base/byte_reader.ts";
import type { VoxFile, VoxModel } from "./vox_file.ts";

/** A turn by quarters, perhaps mirrored, and a move: coordinate i becomes signs[i] · coordinate axes[i] + moves[i]. */
interface Transform {
  readonly axes: readonly number[];
  readonly signs: readonly number[];
  readonly moves: readonly number[];
}

/** A model in a place. */
export interface VoxInstance {
  /** Which model. */
  readonly model: VoxModel;
  /** Takes voxel (x, y, z) of the model to that of the scene. */
  place(x: number, y: number, z: number): number[];
}

/** What is to be seen of a file. */
export interface VoxScene {
  /** Models in their places; where several have a voxel the later one does. */
  readonly instances: readonly VoxInstance[];
  /** How many models are hidden, by themselves, by a group or by a layer. */
  readonly hidden: number;
  /** How many are animations, of which the first frame counts. */
  readonly animated: number;
}

const IDENTITY: Transform = { axes: [0, 1, 2], signs: [1, 1, 1], moves: [0, 0, 0] };

/**
 * Walks through the nodes of a file. A model turns around the corner of its voxel ⌊size / 2⌋, which comes to lie where
 * the translation says.
 *
 * Written here since the readers at hand know neither hidden nodes nor layers, follow nodes in circles, and place models
 * of odd sizes between voxels.
 *
 * @throws {FormatError} if nodes are missing, below two others or in circles, or a model or a rotation is none.
 */
export function voxScene({ models, nodes, hiddenLayers }: VoxFile): VoxScene {
  if (nodes.size === 0) {
    if (models.length !== 1) {
      throw new FormatError(`it has ${models.length} models and no scene that places them; unite them in MagicaVoxel`);
    }
    return { instances: [instanceOf(models[0], IDENTITY)], hidden: 0, animated: 0 };
  }
  const instances: VoxInstance[] = [], seen = new Set<number>();
  let hidden = 0, animated = 0;
  const waiting = [{ number: 0, transform: IDENTITY, isHidden: false }];
  for (let next; (next = waiting.pop());) {
    const { number, transform } = next, node = nodes.get(number);
    if (!node) throw new FormatError(`its node ${number} is missing`);
    if (seen.has(number)) throw new FormatError(`its node ${number} is below two others`);
    seen.add(number);
    const isHidden = next.isHidden || node.hidden || node.kind === "transform" && hiddenLayers.has(node.layer);
    if (node.kind === "transform") {
      waiting.push({ number: node.child, transform: compose(transform, transformOf(node)), isHidden });
    } else if (node.kind === "group") {
      for (const child of node.children.toReversed()) waiting.push({ number: child, transform, isHidden });
    } else {
      const model = models[node.models[0]];
      if (!model) throw new FormatError(`its node ${number} shows model ${node.models[0]}, there are ${models.length}`);
      if (isHidden) hidden++;
      else instances.push(instanceOf(model, transform));
      if (node.models.length > 1) animated++;
    }
  }
  return { instances, hidden, animated };
}

function transformOf({ rotation, translation }: { rotation: number; translation: readonly number[] }): Transform {
  const first = rotation & 3, second = (rotation >> 2) & 3, third = 3 - first - second;
  if (!(rotation >= 0 && rotation < 128) || first > 2 || second > 2 || first === second) {
    throw new FormatError(`a rotation is ${rotation}, which is none`);
  }
  return {
    axes: [first, second, third],
    signs: [4, 5, 6].map((bit) => (rotation >> bit) & 1 ? -1 : 1),
    moves: translation,
  };
}

/** First `inner`, then `outer`. */
function compose(outer: Transform, inner: Transform): Transform {
  return {
    axes: outer.axes.map((axis) => inner.axes[axis]),
    signs: outer.signs.map((sign, i) => sign * inner.signs[outer.axes[i]]),
    moves: outer.moves.map((move, i) => move + outer.signs[i] * inner.moves[outer.axes[i]]),
  };
}

function instanceOf(model: VoxModel, { axes, signs, moves }: Transform): VoxInstance {
  const pivot = model.size.map((length) => Math.floor(length / 2));
  return {
    model,
    place(...voxel) {
      // The centre of a voxel is half a voxel from its corner, and from that of where it comes to lie.
      return axes.map((axis, i) => signs[i] * (voxel[axis] - pivot[axis] + 0.5) + moves[i] - 0.5);
    },
  };
}
