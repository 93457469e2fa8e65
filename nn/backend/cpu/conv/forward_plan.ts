/** Forward: C = output lines, A = padded input lines, B = the filter over (kd, kh); a segment is one (kd, kh). */
import type { ConvGeometry } from "../../backend.ts";
import { PlanBuilder, type Segment } from "../multiply/plan_builder.ts";
import type { TileSize } from "../multiply/tile_size.ts";
import { NUMBERS_PER_WORD, type WordFormat } from "../multiply/word_format.ts";
import { type ConvPlan, layOutWorkspace, preparedBytes, prepareLines } from "./conv_plan.ts";
import { FLOAT_BYTES, indicesInside, volume } from "./geometry.ts";
import type { LinePadding } from "./line_padding.ts";
import { addTasks, cacheBlocking, panelCount, taskTarget } from "./task_split.ts";

/** Padding of input lines for kernels that run over them; it changes nothing if no tap leaves a line. */
export function inputPadding(
  { batch, input, channels, output, kernel, stride, padding }: ConvGeometry,
): LinePadding {
  const width = (output[2] - 1) * stride + kernel[2], inside = padding[2] === 0 && width <= input[2];
  return {
    kind: "copied",
    lines: batch * input[0] * input[1],
    sourceLength: input[2] * channels,
    before: padding[2] * channels,
    length: (inside ? input[2] : width) * channels,
  };
}

/** The plan of a forward convolution. */
export function planForward(geometry: ConvGeometry, tile: TileSize, format: WordFormat): ConvPlan {
  const { batch, input, output, filters, kernel, stride, padding } = geometry;
  const linePadding = inputPadding(geometry), a = prepareLines(linePadding, format);
  const channels = geometry.channels / NUMBERS_PER_WORD[format];
  const lineBytes = linePadding.length / NUMBERS_PER_WORD[format] * FLOAT_BYTES;
  const depth = kernel[2] * channels;
  const segmentBytes = depth * tile.columns * FLOAT_BYTES;
  const taps = kernel[0] * kernel[1];
  const { segmentsPerBlock, panelsPerPass } = cacheBlocking(taps, depth, tile);
  const builder = new PlanBuilder();

  /** The block of one output line, restricted to some of the (kd, kh). */
  function addLine(line: number, tapBegin: number, tapEnd: number): void {
    const n = Math.floor(line / (output[0] * output[1]));
    const d = Math.floor(line / output[1]) % output[0], h = line % output[1];
    const z = d * stride - padding[0], y = h * stride - padding[1];
    const [kdBegin, kdEnd] = indicesInside(z, 1, kernel[0], input[0]);
    const [khBegin, khEnd] = indicesInside(y, 1, kernel[1], input[1]);
    const segments: Segment[] = [];
    for (let kd = kdBegin; kd < kdEnd; kd++) {
      for (let kh = khBegin; kh < khEnd; kh++) {
        const tap = kd * kernel[1] + kh;
        if (tap < tapBegin || tap >= tapEnd) continue;
        segments.push([(kd * input[1] + kh) * lineBytes, tap * segmentBytes]);
      }
    }
    if (segments.length === 0 && tapBegin > 0) return;
    builder.block({
      a: ((n * input[0] + z) * input[1] + y) * lineBytes,
      b: 0,
      c: line * output[2] * filters * FLOAT_BYTES,
      segments,
      depth,
      rows: output[2],
      panelStride: taps * segmentBytes,
      accumulate: tapBegin > 0,
    });
  }

  const lines = batch * output[0] * output[1];
  const target = taskTarget(lines * output[2] * filters * taps * depth, tile);
  addTasks(builder, tile, lines, output[2], filters, target, (begin, end) => {
    for (let tap = 0; tap < taps; tap += segmentsPerBlock) {
      for (let line = begin; line < end; line++) addLine(line, tap, tap + segmentsPerBlock);
    }
  });
  const packedBytes = panelCount(filters, tile) * taps * segmentBytes;
  return {
    a,
    b: null,
    packing: { kind: "transposed", format, filters, depth: taps * depth },
    multiply: builder.finish({
      rowStrideA: stride * channels * FLOAT_BYTES,
      depthStrideA: FLOAT_BYTES,
      depthStrideB: tile.columns * FLOAT_BYTES,
      rowStrideC: filters * FLOAT_BYTES,
    }, { format, columns: filters, packed: true, panelsPerPass }),
    copies: 1,
    resultCount: batch * volume(output) * filters,
    workspace: layOutWorkspace(preparedBytes(a), packedBytes, 0),
  };
}
