/**
 * Labels packed by what rooms are made of: surfaces that run along the axes. Read in the order of the file (z fastest),
 * a voxel is usually like the one before it, like the one below it, or like the one beside it in the plane x − 1.
 *
 * A packed scene is a sequence of tokens. The upper two bits of a token's first byte are its kind, the lower six a
 * length of 1 to 63, or 63 for 64 and more, whose excess follows in groups of seven bits, the lowest first:
 *
 *     0  run      one label follows; it is repeated
 *     1  below    the voxels one row back, [x, y − 1, z], are repeated
 *     2  beside   the voxels one plane back, [x − 1, y, z], are repeated
 *     3  literal  as many labels follow
 *
 * A copy may reach into what it writes, as in LZ77. No token stands for fewer voxels than it has bytes, but for the
 * first byte of a literal.
 */
import { FormatError } from "../../../base/byte_reader.ts";
import { UNKNOWN_LABEL } from "../../classes.ts";
import { type Grid, voxelCount } from "../../grid.ts";

const RUN = 0, BELOW = 1, BESIDE = 2, LITERAL = 3;
/** Lengths from here on have further bytes. */
const LONG = 64;
/** A run must replace at least as many voxels as its token has bytes and the literal that it interrupts needs anew. */
const SHORTEST_RUN = 3, SHORTEST_COPY = 2;
/** Below this many voxels a loop is faster than a call of `fill` or `copyWithin`. */
const LOOP_VOXELS = 48;

/** Packs labels 0..255 `[x, y, z]` in C order; {@link unpackLabels} is the inverse. */
export function packLabels(labels: Uint8Array, grid: Grid): Uint8Array<ArrayBuffer> {
  const row = grid[2], plane = grid[1] * grid[2], count = voxelCount(grid);
  if (labels.length !== count) throw new RangeError(`[${grid}] has ${count} voxels, got ${labels.length} labels`);
  const out = new Uint8Array(count + 16);
  let at = 0, literal = 0;
  const token = (kind: number, length: number) => {
    if (length < LONG) {
      out[at++] = kind << 6 | length - 1;
      return;
    }
    out[at++] = kind << 6 | LONG - 1;
    let rest = length - LONG;
    for (; rest >= 0x80; rest >>>= 7) out[at++] = rest & 0x7f | 0x80;
    out[at++] = rest;
  };
  const matches = (position: number, distance: number) => {
    if (position < distance) return 0;
    let end = position;
    while (end < count && labels[end] === labels[end - distance]) end++;
    return end - position;
  };
  const endLiteral = (position: number) => {
    if (literal === 0) return;
    token(LITERAL, literal);
    for (let i = position - literal; i < position; i++) out[at++] = labels[i];
    literal = 0;
  };
  for (let position = 0; position < count;) {
    const run = 1 + matches(position + 1, 1), below = matches(position, row), beside = matches(position, plane);
    const copy = Math.max(below, beside);
    if (copy >= SHORTEST_COPY && copy >= run - 1) {
      endLiteral(position);
      token(beside >= below ? BESIDE : BELOW, copy);
      position += copy;
    } else if (run >= SHORTEST_RUN) {
      endLiteral(position);
      token(RUN, run);
      out[at++] = labels[position];
      position += run;
    } else {
      literal++;
      position++;
    }
  }
  endLiteral(count);
  return out.slice(0, at);
}

/**
 * Unpacks a scene; every label is checked on the way.
 *
 * @param classCount labels must be below it, or {@link UNKNOWN_LABEL}.
 * @param labels where to put them, as many as the grid has voxels.
 * @throws {FormatError} if the tokens do not make exactly the grid's voxels, or a label is no class.
 */
export function unpackLabels(packed: Uint8Array, grid: Grid, classCount: number, labels: Uint8Array): void {
  const row = grid[2], plane = grid[1] * grid[2], count = voxelCount(grid);
  let at = 0, position = 0;
  while (at < packed.length) {
    const kind = packed[at] >> 6;
    let length = (packed[at++] & LONG - 1) + 1;
    if (length === LONG) {
      for (let factor = 1;; factor *= 0x80) {
        const byte = packed[at++];
        if (byte === undefined || factor > 2 ** 28) throw new FormatError("a length is cut off or out of range");
        length += (byte & 0x7f) * factor;
        if (byte < 0x80) break;
      }
    }
    const end = position + length;
    if (end > count) throw new FormatError(`it holds more than the ${count} voxels of its grid`);
    if (kind === RUN) {
      const label = packed[at++];
      if (!isLabel(label, classCount)) throw badToken(label, classCount);
      if (length >= LOOP_VOXELS) labels.fill(label, position, end);
      else for (let i = position; i < end; i++) labels[i] = label;
    } else if (kind === LITERAL) {
      for (let i = position; i < end; i++) {
        const label = packed[at++];
        if (!isLabel(label, classCount)) throw badToken(label, classCount);
        labels[i] = label;
      }
    } else copy(labels, position, end, kind === BELOW ? row : plane);
    position = end;
  }
  if (position !== count) throw new FormatError(`it holds ${position} voxels, its grid has ${count}`);
}

function copy(labels: Uint8Array, start: number, end: number, distance: number): void {
  const source = start - distance;
  if (source < 0) throw new FormatError("it repeats voxels from before its start");
  if (end - start < LOOP_VOXELS) {
    for (let i = start; i < end; i++) labels[i] = labels[i - distance];
    return;
  }
  // What was copied can be copied again: each step takes all there is between source and end.
  for (let to = start; to < end;) {
    const length = Math.min(end - to, to - source);
    labels.copyWithin(to, source, source + length);
    to += length;
  }
}

function isLabel(label: number | undefined, classCount: number): boolean {
  return label !== undefined && (label < classCount || label === UNKNOWN_LABEL);
}

function badToken(label: number | undefined, classCount: number): FormatError {
  return new FormatError(
    label === undefined ? "it is cut off" : `it has the label ${label}, expected 0 to ${classCount - 1}`,
  );
}
