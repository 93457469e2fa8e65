/**
 * Filter gradient: for each (kd, kh), C = the filters by (kw, channel), contracted over positions. A = lines of the
 * output's gradient (rows are filters), B = padded input lines, read where they lie; a segment is one output line.
 */
import type { ConvGeometry } from "../../backend.ts";
import { PlanBuilder, type Segment } from "../multiply/plan_builder.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../multiply/word_format.ts";
import { type ConvPlan, layOutWorkspace, preparedBytes, prepareLines } from "./conv_plan.ts";
import { inputPadding } from "./forward_plan.ts";
import { FLOAT_BYTES, volume } from "./geometry.ts";
import { distantWords, rowPairs } from "./rounded_lines.ts";
import { cut, panelCount, taskTarget } from "./task_split.ts";

/** Filters up to this size are summed in private copies, so that each task reads only its share of the positions. */
const COPIED_FILTER_BYTES = 2 ** 20;
/** Most private copies. */
const COPIES = 32;

/** The plan of a filter gradient. */
export function planFilterGradient(geometry: ConvGeometry, tile: TileSize, format: WordFormat): ConvPlan {
  const { batch, input, channels, output, filters, kernel, stride, padding } = geometry;
  const linePadding = inputPadding(geometry), lineCount = batch * output[0] * output[1];
  // Two positions a step: each number goes with that of the next position.
  const rounded = format === "bfloat16", positions = NUMBERS_PER_WORD[format], depth = Math.ceil(output[2] / positions);
  const a = rounded ? rowPairs(lineCount, output[2], filters) : null;
  const b = rounded ? distantWords(linePadding, stride * channels) : prepareLines(linePadding, format);
  const inputLineBytes = linePadding.length * FLOAT_BYTES, outputLineBytes = depth * filters * FLOAT_BYTES;
  const columns = kernel[2] * channels, panels = panelCount(columns, tile);
  const resultCount = filters * volume(kernel) * channels, resultBytes = resultCount * FLOAT_BYTES;
  const builder = new PlanBuilder();

  const groups = cut(lineCount, Math.ceil(lineCount / Math.max(1, Math.round(tile.groupPositions / output[2]))));
  const target = taskTarget(lineCount * depth * resultCount, tile);
  const taps = kernel[0] * kernel[1];
  const copies = resultBytes <= COPIED_FILTER_BYTES ? Math.min(groups.length, COPIES, Math.ceil(target / 2)) : 1;

  /** Adds lines `begin` … `end` − 1 for one (kd, kh) into the result at `c`. */
  function addGroup([begin, end]: [number, number], kd: number, kh: number, c: number, overwrites: boolean): void {
    const all: Segment[] = [];
    for (let line = begin; line < end; line++) {
      const n = Math.floor(line / (output[0] * output[1]));
      const z = Math.floor(line / output[1]) % output[0] * stride + kd - padding[0];
      const y = line % output[1] * stride + kh - padding[1];
      if (z < 0 || z >= input[0] || y < 0 || y >= input[1]) continue;
      all.push([line * outputLineBytes, ((n * input[0] + z) * input[1] + y) * inputLineBytes]);
    }
    if (all.length === 0 && !overwrites) return;
    const first = all[0] ?? [0, 0];
    builder.block({
      a: first[0],
      b: first[1],
      c: c + (kd * kernel[1] + kh) * columns * FLOAT_BYTES,
      segments: all.map((segment) => [segment[0] - first[0], segment[1] - first[1]]),
      depth,
      rows: filters,
      panelStride: tile.columns * FLOAT_BYTES,
      accumulate: !overwrites,
    });
  }

  if (copies > 1) {
    cut(groups.length, copies).forEach(([groupBegin, groupEnd], copy) => {
      const begin = builder.blockCount;
      for (let group = groupBegin; group < groupEnd; group++) {
        for (let tap = 0; tap < taps; tap++) {
          const [kd, kh] = [Math.floor(tap / kernel[1]), tap % kernel[1]];
          addGroup(groups[group], kd, kh, copy * resultBytes, group === groupBegin);
        }
      }
      builder.task({ blocks: [begin, builder.blockCount], panels: [0, panels] });
    });
  } else {
    const panelTasks = Math.min(panels, Math.ceil(target / taps));
    for (let tap = 0; tap < taps; tap++) {
      const begin = builder.blockCount;
      groups.forEach((group, index) => {
        addGroup(group, Math.floor(tap / kernel[1]), tap % kernel[1], 0, index === 0);
      });
      for (const range of cut(panels, panelTasks)) builder.task({ blocks: [begin, builder.blockCount], panels: range });
    }
  }
  return {
    a,
    b,
    packing: null,
    multiply: builder.finish({
      rowStrideA: FLOAT_BYTES,
      depthStrideA: filters * FLOAT_BYTES,
      depthStrideB: positions * stride * channels * FLOAT_BYTES,
      rowStrideC: volume(kernel) * channels * FLOAT_BYTES,
    }, { format, columns, packed: false, panelsPerPass: panels }),
    copies,
    resultCount,
    workspace: layOutWorkspace(preparedBytes(a), preparedBytes(b), copies > 1 ? copies * resultBytes : 0),
  };
}
