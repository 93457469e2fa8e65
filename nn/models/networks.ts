import type { Backend } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import { CodeDiscriminator } from "./code_discriminator.ts";
import { checkModelConfig, type ModelConfig } from "./config.ts";
import { Discriminator } from "./discriminator.ts";
import { Encoder } from "./encoder.ts";
import { Generator } from "./generator.ts";
import { Refiner } from "./refiner.ts";

/** Names of the five networks, in the order of their initialisation streams. */
export const NETWORK_NAMES = ["encoder", "generator", "discriminator", "codeDiscriminator", "refiner"] as const;

/** One of the five networks. */
export type NetworkName = typeof NETWORK_NAMES[number];

/** The five networks of 3D-FCR-alphaGAN on one engine. */
export class Networks implements Disposable {
  /** One-hot scenes `[n, D, H, W, classes]` to latent codes `[n, D/16, H/16, W/16, latentChannels]`. */
  readonly encoder: Encoder;
  /** Latent codes to logits `[n, D, H, W, classes]`. */
  readonly generator: Generator;
  /** Volumes `[n, D, H, W, classes]` to logits `[n, 1]`: is the scene real? */
  readonly discriminator: Discriminator;
  /** Latent codes to logits `[n, 1]`: was the code drawn from N(0, 1)? */
  readonly codeDiscriminator: CodeDiscriminator;
  /** Class probabilities `[n, D, H, W, classes]` to logits of as many. */
  readonly refiner: Refiner;
  readonly #owned = new DisposableStack();

  /** Takes memory for all parameters; they start at undefined values until initialised or loaded. */
  constructor(readonly backend: Backend, readonly config: ModelConfig) {
    checkModelConfig(config);
    using guard = new DisposableStack();
    this.encoder = guard.use(new Encoder(backend, config));
    this.generator = guard.use(new Generator(backend, config));
    this.discriminator = guard.use(new Discriminator(backend, config));
    this.codeDiscriminator = guard.use(new CodeDiscriminator(backend, config));
    this.refiner = guard.use(new Refiner(backend, config));
    this.#owned = guard.move();
  }

  /** Parameters of each network by its name. */
  get parameterSets(): Record<NetworkName, ParameterSet> {
    return {
      encoder: this.encoder.parameters,
      generator: this.generator.parameters,
      discriminator: this.discriminator.parameters,
      codeDiscriminator: this.codeDiscriminator.parameters,
      refiner: this.refiner.parameters,
    };
  }

  /** Draws every parameter anew: the same for the same seed on every engine. */
  initialize(seed: number): void {
    NETWORK_NAMES.forEach((name, index) => this.parameterSets[name].initialize(seed, index + 1));
  }

  /** Gives the memory of all parameters back. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}
