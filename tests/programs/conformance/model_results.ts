/** Everything that a `config_*` kit holds, computed by our networks: by the kit's names, in its layout and orientation. */
import { UserError } from "../../../base/errors.ts";
import { fromReference, mirrorVolumes, REFERENCE_VARIABLES, toReference } from "../../../data/reference_weights.ts";
import type { Backend } from "../../../nn/backend/backend.ts";
import { latentGrid, type ModelConfig } from "../../../nn/models/config.ts";
import { NETWORK_NAMES, type NetworkName } from "../../../nn/models/networks.ts";
import { decode } from "../../../nn/models/inference.ts";
import { argmax, oneHot } from "../../../nn/ops/one_hot.ts";
import { conv3d } from "../../../nn/ops/conv3d.ts";
import { ParameterBuilder, ParameterSet } from "../../../nn/parameters.ts";
import { Tape } from "../../../nn/tape.ts";
import { Tensor } from "../../../nn/tensor.ts";
import { codeStatistics } from "../../../train/code_statistics.ts";
import { Iteration } from "../../../train/iteration.ts";
import { PHASES, type Step } from "../../../train/phases.ts";
import type { PhaseName } from "../../../train/schedule.ts";
import { Trainer } from "../../../train/trainer.ts";
import { floatsOf, type Kit } from "./kit.ts";

/** Values by the kit's tensor names. */
export type Results = Map<string, ArrayLike<number>>;

/** Computes every tensor that `kit` can ask for. */
export function modelResults(kit: Kit, backend: Backend): Results {
  return new ModelKitRunner(kit, backend).run();
}

/** The sizes of the networks that a kit's json describes. */
function modelConfigOf(kit: Kit): ModelConfig {
  const { vox_shape, dim_z, dim, kernel, dim_code, refine_ch, refine_kernel } = kit.json.config;
  const taps = kernel.map((sizes: number[]) => {
    if (sizes.some((size) => size !== sizes[0])) {
      throw new UserError(`kit ${kit.name}: kernels differ between layers: ${sizes}`);
    }
    return sizes[0];
  });
  return {
    system: "fc-alphagan",
    generator: "dense",
    grid: vox_shape.slice(0, 3),
    classes: vox_shape[3],
    channels: [dim[3], dim[2], dim[1], dim[0]],
    latentChannels: dim_z,
    codeUnits: dim_code,
    refinerChannels: refine_ch,
    kernel: taps,
    refinerKernel: refine_kernel,
  };
}

class ModelKitRunner {
  readonly results: Results = new Map();
  readonly config: ModelConfig;
  readonly cells: number;
  readonly voxels: number;

  constructor(readonly kit: Kit, readonly backend: Backend) {
    this.config = modelConfigOf(kit);
    const [d, h, w] = latentGrid(this.config);
    this.cells = d * h * w;
    this.voxels = this.cells * 16 ** 3;
  }

  run(): Results {
    {
      using trainer = this.trainer("weights");
      this.forward(trainer);
      this.gradients(trainer);
    }
    using trainer = this.trainer("weights");
    const { base_iterations, refine_iterations } = this.kit.json.optimiser;
    this.train(trainer, "base", base_iterations, "train", "trained");
    if (refine_iterations > 0) {
      // Its own start, so that the refine stage is judged by itself.
      this.load(trainer, "weights", ["refiner"]);
      this.load(trainer, "trained", ["encoder", "generator", "discriminator", "codeDiscriminator"]);
      this.train(trainer, "refine", refine_iterations, "refine", "refined");
    }
    return this.results;
  }

  trainer(prefix: string): Trainer {
    const { lr, beta1, beta2, eps } = this.kit.json.optimiser;
    const { lamda_recons, lamda_gamma } = this.kit.json.constants;
    const trainer = new Trainer(this.backend, this.config, {
      adam: { learningRate: lr, beta1, beta2, epsilon: eps },
      lambda: lamda_recons,
      gamma: lamda_gamma,
    });
    this.load(trainer, prefix);
    return trainer;
  }

  load(trainer: Trainer, prefix: string, networks?: readonly string[]): void {
    for (const variable of REFERENCE_VARIABLES) {
      if (networks && !networks.includes(variable.network)) continue;
      const { data, shape } = floatsOf(this.kit, `${prefix}/${variable.name}`);
      const { value } = trainer.networks.parametersOf(variable.network as NetworkName).get(variable.parameter);
      this.backend.upload(fromReference(variable, data, shape, this.cells), value);
    }
  }

  labels(name: string): Tensor {
    const tensor = this.kit.tensors.get(name);
    if (!(tensor?.data instanceof Uint8Array)) throw new UserError(`kit ${this.kit.name} has no uint8 tensor ${name}`);
    return Tensor.from(this.backend, mirrorVolumes(tensor.data, this.voxels, 1), tensor.shape, name);
  }

  codes(name: string): Tensor {
    const { data, shape } = floatsOf(this.kit, name);
    return Tensor.from(this.backend, mirrorVolumes(data, this.cells, this.config.latentChannels), shape, name);
  }

  /** A volume `[n, d, h, w, channels]` in the kit's orientation. */
  volume(tensor: Tensor): Float32Array {
    const [, d, h, w, channels] = tensor.shape;
    return mirrorVolumes(tensor.toFloat32(), d * h * w, channels);
  }

  forward(trainer: Trainer): void {
    const { networks } = trainer, { results } = this;
    using labels = this.labels("inputs/vox");
    using z = this.codes("inputs/z");
    const observe = (network: string) => (name: string, activations: Tensor) => {
      if (name.startsWith(network)) results.set(`inter/${name.replace(".", "/")}`, this.volume(activations));
      if (name === "encoder.h4") results.set("outputs/sigma", this.sigma(activations));
    };
    using observed = new Tape(this.backend, { onLayer: observe("encoder") });
    const x = oneHot(observed, labels, this.config.classes);
    const zEnc = networks.encoder.forward(observed, x);
    results.set("outputs/z_enc", this.volume(zEnc));
    using decodeTape = new Tape(this.backend, { onLayer: observe("generator") });
    this.volumes(decodeTape, trainer, zEnc, "vox_gen_decode", "vox_after_refine_dec", ["h_gen_dec", "h_gen_dec_ref"]);
    using generateTape = new Tape(this.backend);
    this.volumes(generateTape, trainer, z, "vox_gen", "vox_after_refine_gen", ["h_gen", "h_gen_ref"]);
    using logitsTape = new Tape(this.backend, { onLayer: observe("discriminator") });
    results.set("outputs/h_real", networks.discriminator.forward(logitsTape, x).toFloat32());
    results.set("outputs/h_code_encode", networks.codeDiscriminator.forward(logitsTape, zEnc).toFloat32());
    results.set("outputs/h_code_real", networks.codeDiscriminator.forward(logitsTape, z).toFloat32());
  }

  /** Generator and refiner on `codes`: logits, probabilities, labels and what the discriminator says. */
  volumes(tape: Tape, trainer: Trainer, codes: Tensor, plain: string, refined: string, h: [string, string]): void {
    const { networks } = trainer, { results } = this;
    const { probabilities, refined: after } = decode(tape, networks, codes, true);
    this.sampled(plain, "prob", probabilities);
    this.sampled(refined, "prob", after!);
    this.sampled(plain, "logits", networks.generator.forward(tape, codes));
    this.sampled(refined, "logits", networks.refiner.forward(tape, probabilities));
    results.set(`outputs/${h[0]}`, networks.discriminator.forward(tape, probabilities).toFloat32());
    results.set(`outputs/${h[1]}`, networks.discriminator.forward(tape, after!).toFloat32());
    for (const [name, volume] of [[plain, probabilities], [refined, after!]] as const) {
      results.set(`labels/${name}`, mirrorVolumes(argmax(tape, volume).toUint8(), this.voxels, 1));
    }
  }

  sampled(volume: string, kind: "prob" | "logits", tensor: Tensor): void {
    const all = this.volume(tensor);
    const [n, d, h, w, channels] = tensor.shape;
    this.results.set(`full/${volume}/${kind}`, all.subarray(0, all.length / n));
    const description = this.kit.json.tensors[`sampled/${volume}/${kind}`];
    if (!description) return;
    const { stride, offset } = description, picked: number[] = [];
    for (let i = 0; i < n; i++) {
      for (let x = offset; x < d; x += stride) {
        for (let y = offset; y < h; y += stride) {
          for (let z = offset; z < w; z += stride) {
            const at = (((i * d + x) * h + y) * w + z) * channels;
            for (let c = 0; c < channels; c++) picked.push(all[at + c]);
          }
        }
      }
    }
    this.results.set(`sampled/${volume}/${kind}`, picked);
  }

  /** The second, unused head of the original's encoder: a 1×1×1 convolution of h4. */
  sigma(h4: Tensor): Float32Array {
    const { data, shape } = floatsOf(this.kit, "weights/encode_W5_sigma");
    const builder = new ParameterBuilder().add("sigma.filter", [shape[4], 1, 1, 1, shape[3]], "weight");
    using set = new ParameterSet(this.backend, "sigma", builder);
    const filter = set.get("sigma.filter");
    const variable = { name: "encode_W5_sigma", network: "encoder", parameter: "", kind: "filter" } as const;
    this.backend.upload(fromReference(variable, data, shape, this.cells), filter.value);
    using tape = new Tape(this.backend);
    return this.volume(conv3d(tape, h4, filter, 1));
  }

  gradients(trainer: Trainer): void {
    using labels = this.labels("inputs/vox");
    using z = this.codes("inputs/z");
    const context = { networks: trainer.networks, losses: trainer.losses, ...trainer.options };
    using pass = new Iteration(context, labels, z);
    const steps = new Map([...PHASES.base.steps, ...PHASES.refine.steps].map((step) => [step.cost, step]));
    const single = new Map([["cost_enc", "code_encode_loss"], ["cost_gen", "gen_loss"], [
      "cost_gen_ref",
      "gen_loss_refine",
    ]]);
    for (const [cost, step] of steps) {
      for (const term of [undefined, single.get(cost)].slice(0, single.has(cost) ? 2 : 1)) {
        trainer.gradients(step, pass, (gradients, index) => {
          this.variables(trainer, (name) => `grads/${term ?? cost}/${name}`, step.trains[index], gradients);
        }, term);
      }
    }
    for (const [name, value] of Object.entries(trainer.readLosses())) this.results.set(`loss/${name}`, [value]);
    this.results.set("loss/class_weight", pass.target("recons_loss").classWeights.toFloat32());
  }

  /** Stores parameters (or their gradients) of a network in the kit's layout. */
  variables(trainer: Trainer, nameOf: (variable: string) => string, network: NetworkName, gradients?: Tensor): void {
    const set = trainer.networks.parametersOf(network);
    for (const variable of REFERENCE_VARIABLES.filter((each) => each.network === network)) {
      const parameter = set.get(variable.parameter);
      const shape = this.kit.tensors.get(`weights/${variable.name}`)!.shape;
      using view = gradients ? parameter.viewIn(gradients) : parameter.value.reshape(parameter.shape);
      this.results.set(nameOf(variable.name), toReference(variable, view.toFloat32(), shape, this.cells));
    }
  }

  train(trainer: Trainer, phase: PhaseName, iterations: number, prefix: string, after: string): void {
    for (let k = 0; k < iterations; k++) {
      using labels = this.labels(`${prefix}/vox/${k}`);
      using z = this.codes(`${prefix}/z/${k}`);
      const onStep = (_step: Step, index: number, pass: Iteration) => {
        const losses = Object.entries(trainer.readLosses());
        if (phase === "base" && index === 1) {
          for (const [name, value] of losses) this.results.set(`${prefix}/loss/${k}/first/${name}`, [value]);
        }
        for (const [name, value] of losses) this.results.set(`${prefix}/loss/${k}/${name}`, [value]);
        if (phase === "base" && index === PHASES.base.steps.length - 1) {
          {
            const { mean, deviation } = codeStatistics(pass.encode().codes);
            this.results.set(`${prefix}/loss/${k}/z_enc_mean`, [mean]).set(`${prefix}/loss/${k}/z_enc_std`, [
              deviation,
            ]);
          }
        }
      };
      trainer.iterate(phase, labels, z, { onStep });
    }
    for (const network of NETWORK_NAMES) {
      this.variables(trainer, (name) => `${after}/${name}`, network);
    }
  }
}
