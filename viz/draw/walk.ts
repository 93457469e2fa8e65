/** Pictures of a walk from one room to another: an animation, and a strip of some of its steps. */
import { UserError } from "../../base/errors.ts";
import type { ClassSet } from "../../data/classes.ts";
import type { Grid } from "../../data/grid.ts";
import { boxAround } from "./camera.ts";
import { encodeGif } from "./gif.ts";
import type { Image } from "./image.ts";
import { classLegend } from "./legend.ts";
import { frameOf, type RenderOptions, renderVolume } from "./render.ts";
import { pictureSheet } from "./sheet.ts";

/** The rooms of a walk in one version. */
export interface WalkVersion {
  /** E.g. "generated" or "refined". */
  readonly title: string;
  /** Labels `[D, H, W]` step by step. */
  readonly volumes: readonly Uint8Array[];
}

/** Steps in a strip at most. */
const STRIP_STEPS = 7;
/** Each end of the animation stands still for so many frames. */
const REST = 4;
/** Size of one picture of the strip, and of one of the animation. */
const STRIP_CELL = { width: 200, height: 150 }, FRAME_CELL = { width: 240, height: 180 };

/** Draws a walk; every picture looks from one place that shows all rooms of the walk. */
export class Walk {
  readonly #rendering: RenderOptions;
  readonly #steps: number;

  /** A walk of one or more versions of its rooms. @throws {UserError} if there is no room, or the versions differ in length. */
  constructor(readonly versions: readonly WalkVersion[], readonly grid: Grid, readonly classes?: ClassSet) {
    this.#steps = versions[0]?.volumes.length ?? 0;
    if (this.#steps === 0) throw new UserError("a walk of no rooms: at least one is needed");
    const odd = versions.find(({ volumes }) => volumes.length !== this.#steps);
    if (odd) {
      throw new UserError(`"${odd.title}" has ${odd.volumes.length} steps, "${versions[0].title}" ${this.#steps}`);
    }
    const frames = versions.flatMap(({ volumes }) => volumes.map((labels) => frameOf(labels, grid, { classes })));
    this.#rendering = { frame: frames.reduce(boxAround), classes };
  }

  /** An animated GIF with the versions side by side; it rests a moment at both ends. */
  animation(framesPerSecond = 10): Uint8Array<ArrayBuffer> {
    const columnTitles = this.versions.map(({ title }) => title);
    const frames = Array.from({ length: this.#steps }, (_, step) => {
      const row = this.versions.map(({ volumes }) => this.#draw(volumes[step], FRAME_CELL));
      return pictureSheet([row], { columnTitles });
    });
    const rest = (frame: Image) => new Array<Image>(REST).fill(frame);
    return encodeGif([...rest(frames[0]), ...frames, ...rest(frames.at(-1)!)], { framesPerSecond });
  }

  /** A row per version, a column for each of at most seven steps at equal distances. */
  strip(): Image {
    const count = Math.min(STRIP_STEPS, this.#steps);
    const steps = Array.from({ length: count }, (_, i) => Math.round(i * (this.#steps - 1) / Math.max(1, count - 1)));
    return pictureSheet(
      this.versions.map(({ volumes }) => steps.map((step) => this.#draw(volumes[step], STRIP_CELL))),
      {
        columnTitles: steps.map((step) => `step ${step}`),
        rowTitles: this.versions.length > 1 ? this.versions.map(({ title }) => title) : [],
        legend: (width, size) => classLegend(width, size, this.classes),
      },
    );
  }

  #draw(labels: Uint8Array, size: { readonly width: number; readonly height: number }): Image {
    return renderVolume(labels, this.grid, { ...this.#rendering, ...size });
  }
}
