import type { Mode } from "../mode.ts";
import { COMPLETE } from "./complete/complete.ts";
import { EXTEND } from "./extend.ts";
import { GENERATE } from "./generate/generate.ts";
import { INTERPOLATE } from "./interpolate.ts";
import { LATENT } from "./latent/latent.ts";
import { NOISE } from "./noise/noise.ts";
import { RECONS } from "./recons/recons.ts";

/** Every mode, in the order of the page that shows all: what `deno task eval` can do, its flags and its help follow. */
export const MODES: readonly Mode[] = [RECONS, GENERATE, COMPLETE, EXTEND, INTERPOLATE, NOISE, LATENT];
