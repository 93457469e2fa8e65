/** What the address of the page says behind the mark `#`: which scene is shown, from where, and how. */
import type { Vector } from "../../draw/vector.ts";
import type { Slices } from "./shown.ts";

/** A view of a scene that a link brings back. */
export interface LinkedView {
  /** Which entry of the list. */
  readonly key: string;
  /** Which scene of a sequence. */
  readonly index: number;
  /** Seed of a new room, or null. */
  readonly seed: number | null;
  /** Where the camera is, and what it looks at, in voxels. */
  readonly camera: { readonly eye: Vector; readonly target: Vector };
  /** Labels of the classes that are hidden. */
  readonly hidden: readonly number[];
  /** Versions that are not shown. */
  readonly unseen: readonly number[];
  readonly slices: Slices;
  /** Names of the switches that are on. */
  readonly switches: readonly string[];
}

/** Digits behind the point of a place in voxels. */
const DIGITS = 2;

/** The address of an entry, with all of a view if there is one. */
export function linkTo(key: string, view?: LinkedView): string {
  if (!view) return `#${encodeURIComponent(key)}`;
  const numbers = (values: readonly number[]) => values.map((value) => +value.toFixed(DIGITS)).join();
  const { index, seed, camera, hidden, unseen, slices, switches } = view;
  const parameters = {
    index: String(index),
    ...seed === null ? {} : { seed: String(seed) },
    camera: numbers([...camera.eye, ...camera.target]),
    slices: numbers([...slices.low, ...slices.high]),
    hidden: numbers(hidden),
    unseen: numbers(unseen),
    on: switches.join(),
  };
  return `#${encodeURIComponent(key)}?${new URLSearchParams(parameters)}`;
}

/** The entry that an address names, and the view; null for what it does not say, or not in numbers that can be. */
export function readLink(hash: string): { key: string; view: LinkedView | null } {
  const [name, text] = hash.replace(/^#/, "").split(/\?(.*)/s);
  const key = decoded(name);
  if (text === undefined) return { key, view: null };
  const parameters = new URLSearchParams(text);
  const numbers = (parameter: string) => (parameters.get(parameter) ?? "").split(",").filter(Boolean).map(Number);
  const camera = numbers("camera"), slices = numbers("slices"), index = Number(parameters.get("index") ?? 0);
  const seed = parameters.has("seed") ? Number(parameters.get("seed")) : null;
  const all = [...camera, ...slices, ...numbers("hidden"), ...numbers("unseen"), index, seed ?? 0];
  const [near, far] = [camera.slice(0, 3), camera.slice(3)].map(vectorOf),
    [low, high] = slices.length === 6 ? [slices.slice(0, 3), slices.slice(3)].map(vectorOf) : [null, null];
  if (!all.every(Number.isFinite) || !Number.isInteger(index) || !near || !far || !low || !high) {
    return { key, view: null };
  }
  return {
    key,
    view: {
      ...{ key, index, seed, camera: { eye: near, target: far }, slices: { low, high } },
      ...{ hidden: numbers("hidden"), unseen: numbers("unseen") },
      switches: (parameters.get("on") ?? "").split(",").filter(Boolean),
    },
  };
}

function vectorOf(numbers: readonly number[]): Vector | null {
  return numbers.length === 3 ? [numbers[0], numbers[1], numbers[2]] : null;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // typed by a person
  }
}
