/** An ONNX graph while it is being written down: values with the shapes that this program gives them. */
import type { OnnxConstant, OnnxModel, OnnxNode, OnnxPort } from "../../../data/formats/onnx.ts";
import { elementCount, sameShape, type Shape } from "../../shape.ts";

/** Moves the channels of a volume to the front: `[n, D, H, W, C]` → `[n, C, D, H, W]`; of a filter alike. */
const TO_FRONT = [0, 4, 1, 2, 3];
const TO_BACK = [0, 2, 3, 4, 1];

/** A result in a graph. */
export interface Value {
  /** As the graph calls it; of a constant, what names of its copies in other shapes begin with. */
  readonly name: string;
  /** Sizes, channels last. Of a value that hangs on the inputs, the first axis has any size that it is a multiple of. */
  readonly shape: Shape;
  /** Whether it hangs on the inputs. */
  readonly dynamic: boolean;
  /** Whether the graph has it as `[n, C, D, H, W]`, the order that ONNX's convolutions want. */
  readonly channelsFirst: boolean;
  /** Content of a constant. */
  readonly data?: Float32Array;
}

/** Attributes of a node, and what is to be known of its result. */
interface NodeOptions extends Pick<OnnxNode, "integers" | "floats">, Pick<Value, "shape"> {
  readonly channelsFirst?: boolean;
}

/** Nodes, constants and ports of a graph. */
export class OnnxGraph {
  readonly #nodes: OnnxNode[] = [];
  readonly #constants = new Map<string, OnnxConstant>();
  readonly #inputs: OnnxPort[] = [];
  readonly #outputs: OnnxPort[] = [];

  /** Declares an input. */
  input(port: OnnxPort, shape: Shape): Value {
    this.#inputs.push(port);
    return { name: port.name, shape, dynamic: true, channelsFirst: false };
  }

  /** Declares a value, as `shape`, to be an output. */
  output(port: OnnxPort, value: Value, shape: Shape): void {
    this.#nodes.push({ operator: "Identity", inputs: [this.shaped(value, shape).name], output: port.name });
    this.#outputs.push(port);
  }

  /** Calls an operator; the result keeps the order of channels of the first input unless told otherwise. */
  node(operator: string, inputs: readonly Value[], { shape, channelsFirst, ...attributes }: NodeOptions): Value {
    const output = `${operator}_${this.#nodes.length}`;
    this.#nodes.push({ operator, inputs: inputs.map((each) => this.#placed(each)), output, ...attributes });
    return {
      name: output,
      shape,
      dynamic: inputs.some(({ dynamic }) => dynamic),
      channelsFirst: channelsFirst ?? inputs[0].channelsFirst,
    };
  }

  /** A constant of numbers. */
  numbers(name: string, data: Float32Array, shape: Shape = [data.length]): Value {
    return { name, shape, dynamic: false, channelsFirst: false, data };
  }

  /** A constant of float64 numbers. */
  doubles(name: string, data: Float64Array): Value {
    return this.#constant({ name, shape: [data.length], data });
  }

  /** The whole numbers as a constant: sizes, places. */
  integers(...values: readonly number[]): Value {
    return this.#constant({
      name: `integers_${values.join("_")}`,
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  }

  /** A value as `shape`, channels last. */
  shaped(value: Value, shape: Shape): Value {
    if (value.data) return { ...value, shape };
    const last = value.channelsFirst
      ? this.node("Transpose", [value], { shape: value.shape, channelsFirst: false, integers: { perm: TO_BACK } })
      : value;
    if (sameShape(last.shape, shape)) return last;
    const [first, ...rest] = shape;
    return this.node("Reshape", [last, this.integers(value.dynamic ? -1 : first, ...rest)], { shape });
  }

  /** A volume or filter `shape` with its channels in front. */
  channelsFirst(value: Value, shape: Shape): Value {
    if (value.channelsFirst && sameShape(value.shape, shape)) return value;
    if (value.data) {
      const [k, d, h, w, channels] = shape, taps = d * h * w, data = new Float32Array(value.data.length);
      for (let i = 0; i < data.length; i++) {
        const channel = i % channels, tap = Math.floor(i / channels) % taps, filter = Math.floor(i / channels / taps);
        data[(filter * channels + channel) * taps + tap] = value.data[i];
      }
      return this.numbers(value.name, data, [k, channels, d, h, w]);
    }
    const last = this.shaped(value, shape);
    return this.node("Transpose", [last], { shape, channelsFirst: true, integers: { perm: TO_FRONT } });
  }

  /** A volume `[n, D, H, W, …]` with the order of its three spatial axes reversed. */
  reversed(value: Value): Value {
    const last = this.shaped(value, value.shape), all = (x: number) => this.integers(x, x, x);
    const places = [all(-1), all(-(2 ** 31)), this.integers(1, 2, 3), all(-1)]; // from, to, axes, steps
    return this.node("Slice", [last, ...places], { shape: last.shape });
  }

  /** Entries of a value along its first axis, which is not that of samples. */
  entries(value: Value): Value[] {
    const [count, ...shape] = value.shape, whole = this.shaped(value, value.shape);
    return Array.from({ length: count }, (_, i) => {
      const index = this.#constant({ name: `index_${i}`, shape: [], data: BigInt64Array.of(BigInt(i)) });
      return this.node("Gather", [whole, index], { shape, integers: { axis: 0 } });
    });
  }

  /** The graph as a model of this name. */
  model(about: Pick<OnnxModel, "name" | "version" | "metadata">): OnnxModel {
    return {
      ...about,
      inputs: this.#inputs,
      outputs: this.#outputs,
      nodes: this.#nodes,
      constants: [...this.#constants.values()],
    };
  }

  #constant(constant: OnnxConstant): Value {
    this.#constants.set(constant.name, constant);
    return { name: constant.name, shape: constant.shape, dynamic: false, channelsFirst: false };
  }

  /** The name under which the graph has a value; a constant gets into it when it is first used. */
  #placed({ name, shape, data }: Value): string {
    if (!data) return name;
    if (data.length !== elementCount(shape)) throw new RangeError(`${name}: ${data.length} numbers for ${shape}`);
    const known = this.#constants.get(name);
    const unique = !known || sameShape(known.shape, shape) ? name : `${name}_${shape.join("x")}`;
    this.#constants.set(unique, { name: unique, shape, data });
    return unique;
  }
}
