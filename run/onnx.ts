/** The networks of a run as ONNX files, for programs that know nothing of this one (docs/onnx.md). */
import { join } from "@std/path";
import { UserError } from "../base/errors.ts";
import { writeFileAtomic } from "../base/files.ts";
import { VERSION } from "../base/version.ts";
import { encodeOnnx, type OnnxPort } from "../data/formats/onnx.ts";
import { classSetOf } from "../data/class_file.ts";
import { OnnxRecorder } from "../nn/backend/onnx/recorder.ts";
import { latentGrid, latentShape, type ModelConfig } from "../nn/models/config.ts";
import { Encoder } from "../nn/models/encoder.ts";
import { Generator } from "../nn/models/generator.ts";
import { Refiner } from "../nn/models/refiner.ts";
import { argmax, oneHot } from "../nn/ops/one_hot.ts";
import { softmax } from "../nn/ops/reconstruction.ts";
import type { ParameterSet } from "../nn/parameters.ts";
import { codeChannels, codeSize, priorConfig } from "../nn/prior/config.ts";
import { allocateState } from "../nn/prior/flow_state.ts";
import { TIME_FREQUENCIES } from "../nn/prior/time_features.ts";
import { Tape } from "../nn/tape.ts";
import { Tensor } from "../nn/tensor.ts";
import { latestCheckpoint, readCheckpoint, type VerifiedCheckpoint } from "./checkpoint.ts";
import { modelOf } from "./config.ts";
import { hasRefiner, restoreParameters } from "./network_state.ts";
import { hasPrior, openPriors } from "./prior_state.ts";
import { runFolder } from "./run_folder.ts";

/** Samples that a graph is written down with; it takes any number. */
const SAMPLES = 2;
/** What stands for any number of samples in the sizes of inputs and outputs. */
const BATCH = "n";

/** A graph on its way, with what every one of them needs. */
interface Drawing {
  readonly recorder: OnnxRecorder;
  readonly tape: Tape;
  readonly config: ModelConfig;
  readonly checkpoint: VerifiedCheckpoint;
  readonly path: string;
  /** What the graph allocates outside the tape. */
  readonly owned: DisposableStack;
}

/**
 * Writes encoder, generator, refiner and prior of a run's newest checkpoint, or that of `step`, whichever it has, as
 * `<out>/<name>.onnx`.
 *
 * @returns the files.
 * @throws {UserError} if there is no such checkpoint, or its networks normalise with the statistics of a batch.
 */
export async function exportOnnx(root: string, out: string, step?: number): Promise<string[]> {
  const path = await latestCheckpoint(runFolder(root).checkpoints, step);
  const checkpoint = await readCheckpoint(path), { tensors, options } = checkpoint;
  if (options.bn === "batch") {
    throw new UserError(
      `${root} normalises with the statistics of each batch (--bn batch), which would make a room hang on the others ` +
        `in its batch; only runs of --bn running become ONNX`,
    );
  }
  const graphs = {
    encoder,
    generator,
    ...hasRefiner(tensors) ? { refiner } : {},
    ...hasPrior(tensors) ? { prior } : {},
  };
  const files: string[] = [];
  for (const [name, draw] of Object.entries(graphs)) {
    const file = join(out, `${name}.onnx`);
    await writeFileAtomic(file, drawn(name, draw, checkpoint, path));
    files.push(file);
  }
  return files;
}

/** The bytes of a graph. */
function drawn(
  name: string,
  draw: (drawing: Drawing) => void,
  checkpoint: VerifiedCheckpoint,
  path: string,
): Uint8Array<ArrayBuffer> {
  const { options, step, checksum, sceneLabels = [] } = checkpoint, config = modelOf(options);
  using recorder = new OnnxRecorder();
  using owned = new DisposableStack();
  using tape = new Tape(recorder, { statistics: "running" });
  draw({ recorder, tape, config, checkpoint, path, owned });
  const metadata = {
    network: name,
    step: String(step),
    checksum,
    grid: config.grid.join("x"),
    classes: JSON.stringify(classSetOf(options.classes).names),
    labels: JSON.stringify(sceneLabels),
  };
  return encodeOnnx(recorder.graph.model({ name, version: VERSION, metadata }));
}

/** uint8 `labels` `[n, D, H, W]` → `codes` `[n, …]`. */
function encoder(drawing: Drawing): void {
  const { recorder, tape, config, owned } = drawing;
  const network = restored(drawing, owned.use(new Encoder(recorder, config)));
  const flat = latentShape(config).length === 1;
  const dimensions = [BATCH, ...flat ? config.grid : ["depth", "height", "width"]];
  const labels = owned.use(recorder.input("labels", [SAMPLES, ...config.grid], dimensions, "u8"));
  orient(drawing, labels);
  output(drawing, "codes", network.forward(tape, oneHot(tape, labels, config.classes)), codeDimensions(config, flat));
}

/** `codes` `[n, …]` → `probabilities` `[n, D, H, W, classes]`, uint8 `labels` `[n, D, H, W]`. */
function generator(drawing: Drawing): void {
  const { recorder, tape, config, owned } = drawing, fixed = config.generator === "dense";
  const network = restored(drawing, owned.use(new Generator(recorder, config)));
  const codes = owned.use(
    recorder.input("codes", [SAMPLES, ...latentShape(config)], [BATCH, ...codeDimensions(config, fixed)]),
  );
  orient(drawing, codes);
  outputRooms(drawing, softmax(tape, network.forward(tape, codes)), fixed);
}

/** `coarse`, the generator's probabilities `[n, D, H, W, classes]` → the generator's outputs, sharper. */
function refiner(drawing: Drawing): void {
  const { recorder, tape, config, owned } = drawing;
  const network = restored(drawing, owned.use(new Refiner(recorder, config)));
  const dimensions = [BATCH, ...gridDimensions(config, false), config.classes];
  const coarse = owned.use(recorder.input("coarse", [SAMPLES, ...config.grid, config.classes], dimensions));
  orient(drawing, coarse);
  outputRooms(drawing, softmax(tape, network.forward(tape, coarse)), false);
}

/**
 * One evaluation of the flow prior's network: `x` `[n, codeSize]` at `time` `[n]`, and what is asked, → `velocity` there,
 * and `codes`, `x` as the generator takes it.
 */
function prior(drawing: Drawing): void {
  const { recorder, tape, config, owned, checkpoint: { sceneLabels = [], tensors }, path } = drawing;
  const { graph } = recorder, of = priorConfig(config, sceneLabels.length), size = codeSize(of);
  const { flow } = owned.use(openPriors(recorder, config, sceneLabels.length, tensors, path));
  nameWeights(recorder, flow.network.parameters);
  const state = allocateState(recorder, of, SAMPLES, owned);
  for (const name of ["x", "scene", "knownCode", "knownBlocks"] as const) {
    const tensor = state[name], width = tensor.shape[1];
    recorder.write(tensor, graph.input({ name, dtype: "f32", dimensions: [BATCH, width] }, tensor.shape));
  }
  recorder.write(state.time, timeValue(recorder, SAMPLES));
  const x = recorder.valueIn(state.x), shape = [SAMPLES, ...of.codeShape];
  const deviation = graph.numbers("prior.codes.deviation", flow.scale.deviation, [codeChannels(of)]);
  const mean = graph.numbers("prior.codes.mean", flow.scale.mean, [...of.codeShape]);
  const scaled = graph.node("Mul", [graph.shaped(x, shape), deviation], { shape });
  const codes = owned.use(Tensor.allocate(recorder, shape, "codes"));
  recorder.write(codes, graph.node("Add", [scaled, mean], { shape }));
  output(drawing, "codes", codes, of.codeShape);
  const velocity = flow.network.forward(tape, state);
  graph.output(
    { name: "velocity", dtype: "f32", dimensions: [BATCH, size] },
    recorder.valueIn(velocity),
    velocity.shape,
  );
}

/** `timeFeatures` of an input `time` `[n]`; in float64, since float32 has few digits left for fast waves. */
function timeValue({ graph }: OnnxRecorder, n: number) {
  const count = TIME_FREQUENCIES.length, shape = [n, count];
  const time = graph.shaped(graph.input({ name: "time", dtype: "f32", dimensions: [BATCH] }, [n]), [n, 1]);
  const wide = graph.node("Cast", [time], { shape: time.shape, integers: { to: 11 } });
  const phases = graph.node("Mul", [wide, graph.doubles("frequencies", TIME_FREQUENCIES)], { shape });
  const waves = ["Sin", "Cos"].map((wave) => graph.node(wave, [phases], { shape }));
  const joined = graph.node("Concat", waves, { shape: [n, 2 * count], integers: { axis: 1 } });
  return graph.node("Cast", [joined], { shape: joined.shape, integers: { to: 1 } });
}

/** A network with its weights, which the graph knows by their names. */
function restored<T extends { readonly parameters: ParameterSet }>(
  { recorder, checkpoint, path }: Drawing,
  network: T,
): T {
  restoreParameters(network.parameters, checkpoint.tensors, path);
  nameWeights(recorder, network.parameters);
  return network;
}

function nameWeights(recorder: OnnxRecorder, set: ParameterSet): void {
  for (const { name, value } of set.parameters) recorder.nameWeights(value, name);
  for (const { name, value } of set.statistics) recorder.nameWeights(value, `${set.network}.${name}.statistics`);
}

/** Turns a volume on its way into networks that want it reversed; flat codes have no axes. */
function orient({ recorder, checkpoint: { options } }: Drawing, tensor: Tensor): void {
  if (options.mirrored && tensor.shape.length > 2) {
    recorder.write(tensor, recorder.graph.reversed(recorder.valueIn(tensor)));
  }
}

/** Declares an output of every sample. */
function output(drawing: Drawing, name: string, tensor: Tensor, dimensions: OnnxPort["dimensions"]): void {
  const { recorder } = drawing;
  orient(drawing, tensor);
  const dtype = tensor.dtype === "u8" ? "u8" : "f32"; // the recorder has no bfloat16
  const port: OnnxPort = { name, dtype, dimensions: [BATCH, ...dimensions] };
  recorder.graph.output(port, recorder.valueIn(tensor), tensor.shape);
}

/** Declares class probabilities and the labels of the most probable classes as outputs. */
function outputRooms(drawing: Drawing, probabilities: Tensor, fixed: boolean): void {
  const { config, tape } = drawing, sizes = gridDimensions(config, fixed);
  output(drawing, "labels", argmax(tape, probabilities), sizes);
  output(drawing, "probabilities", probabilities, [...sizes, config.classes]);
}

/** Sizes of a room: names where convolutions take any. */
function gridDimensions({ grid }: ModelConfig, fixed: boolean): OnnxPort["dimensions"] {
  return fixed ? grid : ["depth", "height", "width"];
}

/** Sizes of a code, likewise. */
function codeDimensions(config: ModelConfig, fixed: boolean): OnnxPort["dimensions"] {
  const shape = latentShape(config);
  if (shape.length === 1) return shape;
  const cells = fixed ? latentGrid(config) : ["cellsDeep", "cellsHigh", "cellsWide"];
  return [...cells, config.latentChannels];
}
