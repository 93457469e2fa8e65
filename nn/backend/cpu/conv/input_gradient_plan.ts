/**
 * Input gradient: positions of the input fall into stride³ classes by which taps reach them. Within a class it is a
 * stride-1 convolution of the output's gradient with the class's taps, in reverse: C = every stride-th position of an
 * input line, A = lines of the output's gradient, a segment is one (kd, kh) of the class.
 */
import type { ConvGeometry } from "../../backend.ts";
import { PlanBuilder, type Segment } from "../multiply/plan_builder.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../multiply/word_format.ts";
import { type ConvPlan, layOutWorkspace, preparedBytes, prepareLines, UNUSED_TAP } from "./conv_plan.ts";
import { FLOAT_BYTES, volume } from "./geometry.ts";
import type { LinePadding } from "./line_padding.ts";
import { addTasks, cacheBlocking, panelCount, taskTarget } from "./task_split.ts";

const CACHE_LINE_BYTES = 64;

/** The positions first, first + stride, … of one axis, and the taps first tap, first tap + stride, … that reach them. */
interface AxisClass {
  readonly first: number;
  readonly positions: number;
  readonly firstTap: number;
  readonly taps: number;
  /** Index on the output axis that the first position reaches with the first tap; each later tap one less. */
  readonly origin: number;
}

function axisClasses(axis: number, { input, kernel, stride, padding }: ConvGeometry): AxisClass[] {
  return Array.from({ length: Math.min(stride, input[axis]) }, (_, first) => {
    const firstTap = (first + padding[axis]) % stride;
    return {
      first,
      positions: Math.ceil((input[axis] - first) / stride),
      firstTap,
      taps: Math.max(0, Math.ceil((kernel[axis] - firstTap) / stride)),
      origin: (first + padding[axis] - firstTap) / stride,
    };
  });
}

/** Padding of the output gradient's lines for all classes of the width. */
function gradientPadding({ batch, output, filters }: ConvGeometry, widths: readonly AxisClass[]): LinePadding {
  const reached = widths.filter(({ taps }) => taps > 0);
  const lowest = Math.min(0, ...reached.map(({ origin, taps }) => origin - taps + 1));
  const highest = Math.max(output[2] - 1, ...reached.map(({ origin, positions }) => origin + positions - 1));
  return {
    kind: "copied",
    lines: batch * output[0] * output[1],
    sourceLength: output[2] * filters,
    before: -lowest * filters,
    length: (highest - lowest + 1) * filters,
  };
}

/** The taps jBegin ≤ j < jEnd of a class that reach the output from its position number `index`. */
function tapsInside({ origin, taps }: AxisClass, index: number, size: number): [begin: number, end: number] {
  const reached = origin + index;
  const begin = Math.max(0, reached - size + 1);
  return [begin, Math.max(begin, Math.min(taps, reached + 1))];
}

/** A class of positions within the lines of one class of depths and heights. */
interface PlacedClass {
  readonly positions: number;
  readonly multiplyAdds: number;
  readonly segmentCount: number;
  readonly segmentsPerBlock: number;
  /** Writes the block of one line, restricted to some of its segments. */
  addLine(line: number, tapBegin: number, tapEnd: number): void;
}

/** The plan of an input gradient. */
export function planInputGradient(geometry: ConvGeometry, tile: TileSize, format: WordFormat): ConvPlan {
  const { batch, input, channels, output, kernel, stride } = geometry, numbers = NUMBERS_PER_WORD[format];
  const filters = geometry.filters / numbers;
  const [depths, heights, widths] = [0, 1, 2].map((axis) => axisClasses(axis, geometry));
  const linePadding = gradientPadding(geometry, widths), a = prepareLines(linePadding, format);
  const lineBytes = linePadding.length / numbers * FLOAT_BYTES, before = linePadding.before / numbers;
  const stepBytes = tile.columns * FLOAT_BYTES;
  const panels = panelCount(channels, tile);
  const builder = new PlanBuilder();
  const taps = new Int32Array(volume(kernel) * 3).fill(UNUSED_TAP);
  let packedBytes = 0, panelsPerPass = panels;

  /** Where the taps of a class go in the packed filter. */
  function placeTaps(classes: readonly AxisClass[], segmentBytes: number, panelStride: number): void {
    const [d, h, w] = classes;
    for (let jd = 0; jd < d.taps; jd++) {
      for (let jh = 0; jh < h.taps; jh++) {
        for (let jw = 0; jw < w.taps; jw++) {
          const tap = ((d.firstTap + jd * stride) * kernel[1] + h.firstTap + jh * stride) * kernel[2] + w.firstTap +
            jw * stride;
          const within = (jd * h.taps + jh) * segmentBytes + (w.taps - 1 - jw) * filters * stepBytes;
          taps.set([packedBytes, within, panelStride], tap * 3);
        }
      }
    }
  }

  /** A class whose taps have their place: its work, how many of its segments stay in the cache, its blocks. */
  function placeClass(d: AxisClass, h: AxisClass, w: AxisClass): PlacedClass {
    const depth = w.taps * filters, segmentBytes = depth * stepBytes;
    const segmentCount = d.taps * h.taps, panelStride = segmentCount * segmentBytes;
    const blocking = cacheBlocking(segmentCount, depth, tile);
    panelsPerPass = Math.min(panelsPerPass, blocking.panelsPerPass);
    const base = packedBytes;
    placeTaps([d, h, w], segmentBytes, panelStride);
    packedBytes += panels * panelStride;

    /** The block of one line of the class, restricted to some of its segments. */
    function addLine(line: number, tapBegin: number, tapEnd: number): void {
      const n = Math.floor(line / (d.positions * h.positions));
      const i = Math.floor(line / h.positions) % d.positions, j = line % h.positions;
      const [jdBegin, jdEnd] = tapsInside(d, i, output[0]);
      const [jhBegin, jhEnd] = tapsInside(h, j, output[1]);
      const segments: Segment[] = [];
      for (let jd = jdEnd - 1; jd >= jdBegin && depth > 0; jd--) {
        for (let jh = jhEnd - 1; jh >= jhBegin; jh--) {
          const tap = jd * h.taps + jh;
          if (tap < tapBegin || tap >= tapEnd) continue;
          segments.push([-(jd * output[1] + jh) * lineBytes, tap * segmentBytes]);
        }
      }
      if (segments.length === 0 && tapBegin > 0) return;
      const z = d.first + i * stride, y = h.first + j * stride;
      builder.block({
        a: ((n * output[0] + d.origin + i) * output[1] + h.origin + j) * lineBytes +
          (before + (w.origin - w.taps + 1) * filters) * FLOAT_BYTES,
        b: base,
        c: (((n * input[0] + z) * input[1] + y) * input[2] + w.first) * channels * FLOAT_BYTES,
        segments,
        depth,
        rows: w.positions,
        panelStride,
        accumulate: tapBegin > 0,
      });
    }

    const multiplyAdds = batch * d.positions * h.positions * w.positions * channels * segmentCount * depth;
    return { positions: w.positions, multiplyAdds, segmentCount, segmentsPerBlock: blocking.segmentsPerBlock, addLine };
  }

  /** Classes that take turns line by line, so that they write into the same lines of the cache. */
  function addClasses(lines: number, classes: readonly PlacedClass[]): void {
    const sum = (of: (placed: PlacedClass) => number) => classes.reduce((total, placed) => total + of(placed), 0);
    const work = sum(({ multiplyAdds }) => multiplyAdds), share = classes.length / stride ** 3;
    const target = Math.ceil(taskTarget(work / share, tile) * share);
    const most = Math.max(1, ...classes.map(({ segmentCount }) => segmentCount));
    const step = Math.min(...classes.map(({ segmentsPerBlock }) => segmentsPerBlock));
    addTasks(builder, tile, lines, sum(({ positions }) => positions), channels, target, (begin, end) => {
      for (let tap = 0; tap < most; tap += step) {
        for (let line = begin; line < end; line++) for (const { addLine } of classes) addLine(line, tap, tap + step);
      }
    });
  }

  // Positions of two classes share a line of the cache unless channels fill whole ones.
  const apart = channels * FLOAT_BYTES % CACHE_LINE_BYTES === 0;
  for (const d of depths) {
    for (const h of heights) {
      const classes = widths.map((w) => placeClass(d, h, w)), lines = batch * d.positions * h.positions;
      for (const group of apart ? classes.map((one) => [one]) : [classes]) addClasses(lines, group);
    }
  }
  return {
    a,
    b: null,
    packing: { kind: "taps", format, filters, channels, taps },
    multiply: builder.finish({
      rowStrideA: filters * FLOAT_BYTES,
      depthStrideA: FLOAT_BYTES,
      depthStrideB: stepBytes,
      rowStrideC: stride * channels * FLOAT_BYTES,
    }, { format, columns: channels, packed: true, panelsPerPass }),
    copies: 1,
    resultCount: batch * volume(input) * channels,
    workspace: layOutWorkspace(preparedBytes(a), packedBytes, 0),
  };
}
