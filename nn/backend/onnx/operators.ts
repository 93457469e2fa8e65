/** What each operation of inference is in ONNX's operators (opset 17). */
import type { OperandsOf, OperationName, ShapeOf } from "../calls.ts";
import type { ConvGeometry } from "../backend.ts";
import type { OnnxGraph, Value } from "./graph.ts";

type Values = Record<"f32" | "u8", Value>;

/** Writes an operation into a graph and returns its main result. Operands that are only written have no value. */
type Operator<Name extends OperationName> = (
  graph: OnnxGraph,
  shape: ShapeOf<Name>,
  operands: OperandsOf<Name, Values>,
) => Value;

/** The operations that there are in ONNX: what networks do on their way forward. */
export const OPERATORS: { readonly [Name in OperationName]?: Operator<Name> } = {
  fill: (graph, { count, value }) => graph.numbers(`fill_${value}_${count}`, new Float32Array(count).fill(value)),
  copy: (_, __, { x }) => x,
  axpby(graph, { a, b }, { x, y }) {
    const scaled = a === 1 ? x : elementwise(graph, "Mul", x, graph.numbers(`factor_${a}`, Float32Array.of(a)));
    if (b === 0) return scaled;
    if (b !== 1) throw new RangeError(`axpby with b = ${b} is not written as ONNX`);
    return sum(graph, scaled, y);
  },
  permute(graph, { sizes, order }, { x }) {
    const shape = order.map((axis) => sizes[axis]);
    return graph.node("Transpose", [graph.shaped(x, sizes)], { shape, integers: { perm: [...order] } });
  },
  addRows(graph, { outer, groups, repeat, channels }, { x, rows }) {
    if (groups === 1 && !rows.dynamic) { // a bias
      const shape = [outer * repeat, channels];
      return graph.node("Add", [graph.shaped(x, shape), graph.shaped(rows, [1, channels])], { shape });
    }
    const each = rows.dynamic ? [groups, repeat, channels] : [outer, groups, channels]; // samples, cells, channels
    if ((rows.dynamic ? outer : repeat) !== 1) throw new RangeError("such rows are not written as ONNX");
    const added = graph.shaped(rows, rows.dynamic ? [groups, 1, channels] : [1, groups, channels]);
    return graph.node("Add", [graph.shaped(x, each), added], { shape: each });
  },
  oneHot(graph, { classes }, { labels }) {
    const { shape } = labels, axis = 1;
    const indices = graph.node("Cast", [labels], { shape, integers: { to: 7 } });
    const values = graph.numbers("off_on", Float32Array.of(0, 1)), depth = graph.integers(classes);
    return graph.node("OneHot", [indices, depth, values], {
      shape: [...shape, classes],
      channelsFirst: true,
      integers: { axis },
    });
  },
  argmax(graph, { rows, classes }, { x }) {
    const [input, axis] = classRows(graph, x, rows, classes), shape = input.shape.slice(0, -1);
    const indices = graph.node("ArgMax", [input], { shape, channelsFirst: false, integers: { axis, keepdims: 0 } });
    return graph.node("Cast", [indices], { shape, integers: { to: 2 } });
  },
  convForward(graph, { geometry }, { input, filter }) {
    const { batch, input: size, channels, output, filters } = geometry;
    const x = graph.channelsFirst(input, [batch, ...size, channels]);
    return graph.node("Conv", [x, taps(graph, geometry, filter)], {
      shape: [batch, ...output, filters],
      integers: convolutionAttributes(geometry),
    });
  },
  /** As a transposed convolution: a row of zeros more than the padding leaves makes it `stride` times as large. */
  convInputGradient(graph, { geometry }, { dOutput, filter }) {
    const { batch, input, channels, output, filters, stride, kernel, padding } = geometry;
    const x = graph.channelsFirst(dOutput, [batch, ...output, filters]);
    const more = input.map((size, i) => size - ((output[i] - 1) * stride + kernel[i] - 2 * padding[i]));
    return graph.node("ConvTranspose", [x, taps(graph, geometry, filter)], {
      shape: [batch, ...input, channels],
      integers: { ...convolutionAttributes(geometry), output_padding: more },
    });
  },
  gemm(graph, { batch, m, n, k, transposeA, transposeB }, { a, b }) {
    const matrix = (value: Value, rows: number, columns: number, transposed: boolean) => {
      const sizes = transposed ? [columns, rows] : [rows, columns];
      const shaped = graph.shaped(value, batch === 1 ? sizes : [batch, ...sizes]);
      if (!transposed) return shaped;
      const perm = batch === 1 ? [1, 0] : [0, 2, 1];
      return graph.node("Transpose", [shaped], { shape: perm.map((axis) => shaped.shape[axis]), integers: { perm } });
    };
    const operands = [matrix(a, m, k, transposeA), matrix(b, k, n, transposeB)];
    return graph.node("MatMul", operands, { shape: batch === 1 ? [m, n] : [batch, m, n] });
  },
  activation: (graph, { slope }, { x }) => activated(graph, x, slope),
  addActivation: (graph, { slope }, { a, b }) => activated(graph, sum(graph, a, b), slope),
  silu: (graph, _, { x }) => elementwise(graph, "Mul", x, graph.node("Sigmoid", [x], { shape: x.shape })),
  batchNorm(graph, { rows, channels, epsilon, slope }, { x, statistics, gain, bias }) {
    if (!statistics.data) throw new RangeError("batch norm with the statistics of the batch is not written as ONNX");
    const input = x.channelsFirst && x.shape.at(-1) === channels ? x : graph.shaped(x, [rows, channels]);
    const moments = (name: string, from: number) =>
      graph.numbers(`${statistics.name}.${name}`, statistics.data!.slice(from, from + channels));
    const operands = [input, gain, bias, moments("mean", 0), moments("variance", channels)];
    return activated(
      graph,
      graph.node("BatchNormalization", operands, { shape: input.shape, floats: { epsilon } }),
      slope,
    );
  },
  modulatedNorm(graph, { samples, cells, channels, blocks, scale, shift, epsilon }, { x, modulation }) {
    const shape = [samples, cells, channels], one = graph.numbers("ones", new Float32Array(channels).fill(1));
    const normed = graph.node("LayerNormalization", [graph.shaped(x, shape), one], {
      shape,
      integers: { axis: 2 },
      floats: { epsilon },
    });
    const asked = graph.shaped(modulation, [samples, blocks, channels]);
    const block = (index: number) =>
      graph.node("Gather", [asked, graph.integers(index)], { shape: [samples, 1, channels], integers: { axis: 1 } });
    const factor = graph.node("Add", [block(scale), one], { shape: [samples, 1, channels] });
    return graph.node("Add", [graph.node("Mul", [normed, factor], { shape }), block(shift)], { shape });
  },
  softmax(graph, { rows, classes }, { logits }) {
    const [input, axis] = classRows(graph, logits, rows, classes);
    return graph.node("Softmax", [input], { shape: input.shape, integers: { axis } });
  },
};

/** A volume with its classes in front as it is, anything else as rows; and the axis of the classes. */
function classRows(graph: OnnxGraph, x: Value, rows: number, classes: number): [x: Value, axis: number] {
  return x.channelsFirst && x.shape.at(-1) === classes ? [x, 1] : [graph.shaped(x, [rows, classes]), 1];
}

/** A filter `[K, kd, kh, kw, C]` as ONNX has those of both kinds of convolution, `[K, C, kd, kh, kw]`. */
function taps(graph: OnnxGraph, { filters, kernel, channels }: ConvGeometry, filter: Value): Value {
  return graph.channelsFirst(filter, [filters, ...kernel, channels]);
}

function convolutionAttributes({ kernel, stride, padding }: ConvGeometry) {
  return { kernel_shape: kernel, strides: [stride, stride, stride], pads: [...padding, ...padding] };
}

/** max(x, slope·x) for slopes from 0 to 1. */
function activated(graph: OnnxGraph, x: Value, slope: number): Value {
  if (slope === 1) return x;
  if (slope === 0) return graph.node("Relu", [x], { shape: x.shape });
  return graph.node("LeakyRelu", [x], { shape: x.shape, floats: { alpha: slope } });
}

/** The sum of two values of as many numbers. */
function sum(graph: OnnxGraph, a: Value, b: Value): Value {
  const alike = a.channelsFirst === b.channelsFirst && `${a.shape}` === `${b.shape}`;
  return alike
    ? elementwise(graph, "Add", a, b)
    : elementwise(graph, "Add", graph.shaped(a, a.shape), graph.shaped(b, a.shape));
}

/** An operator of two values of one shape and order, or of a value and a number. */
function elementwise(graph: OnnxGraph, operator: string, a: Value, b: Value): Value {
  return graph.node(operator, [a, b], { shape: a.shape });
}
