import type { Backend } from "../backend/backend.ts";
import type { ParameterSet } from "../parameters.ts";
import { CodeDiscriminator } from "./code_discriminator.ts";
import { checkModelConfig, type ModelConfig } from "./config.ts";
import { Discriminator } from "./discriminator.ts";
import { Encoder } from "./encoder.ts";
import { Generator } from "./generator.ts";
import { Refiner } from "./refiner.ts";
import { SYSTEMS } from "./systems.ts";

/** Names of the five networks, in the order of their initialisation streams. */
export const NETWORK_NAMES = ["encoder", "generator", "discriminator", "codeDiscriminator", "refiner"] as const;

/** One of the five networks. */
export type NetworkName = typeof NETWORK_NAMES[number];

/** The networks of a system on one engine: five of 3D-FCR-alphaGAN, encoder and generator of a variational auto-encoder. */
export class Networks implements Disposable {
  /** One-hot scenes `[n, D, H, W, classes]` to latent codes `[n, …]`. */
  readonly encoder: Encoder;
  /** Latent codes to logits `[n, D, H, W, classes]`. */
  readonly generator: Generator;
  readonly #adversarial: Adversarial | null = null;
  readonly #owned = new DisposableStack();

  /** Takes memory for all parameters; they start at undefined values until initialised or loaded. */
  constructor(readonly backend: Backend, readonly config: ModelConfig) {
    checkModelConfig(config);
    using guard = new DisposableStack();
    this.encoder = guard.use(new Encoder(backend, config));
    this.generator = guard.use(new Generator(backend, config));
    if (!SYSTEMS[config.system].variational) {
      this.#adversarial = {
        discriminator: guard.use(new Discriminator(backend, config)),
        codeDiscriminator: guard.use(new CodeDiscriminator(backend, config)),
        refiner: guard.use(new Refiner(backend, config)),
      };
    }
    this.#owned = guard.move();
  }

  /** Volumes `[n, D, H, W, classes]` to logits `[n, 1]`: is the scene real? @throws {RangeError} if there is none */
  get discriminator(): Discriminator {
    return this.#present.discriminator;
  }

  /** Latent codes to logits `[n, 1]`: was the code drawn from N(0, 1)? @throws {RangeError} if there is none */
  get codeDiscriminator(): CodeDiscriminator {
    return this.#present.codeDiscriminator;
  }

  /** Class probabilities `[n, D, H, W, classes]` to logits of as many. @throws {RangeError} if there is none */
  get refiner(): Refiner {
    return this.#present.refiner;
  }

  /** Parameters of each network, in the order of {@link NETWORK_NAMES}. */
  get parameterSets(): readonly ParameterSet[] {
    const networks = [this.encoder, this.generator, ...Object.values(this.#adversarial ?? {})];
    return networks.map(({ parameters }) => parameters);
  }

  /** Parameters of a network. @throws {RangeError} if the system does not have it */
  parametersOf(name: NetworkName): ParameterSet {
    return this[name].parameters;
  }

  /** Draws every parameter anew: the same for the same seed on every engine, in every system that has it. */
  initialize(seed: number): void {
    for (const set of this.parameterSets) set.initialize(seed, NETWORK_NAMES.indexOf(set.network as NetworkName) + 1);
  }

  get #present(): Adversarial {
    if (this.#adversarial) return this.#adversarial;
    throw new RangeError(`${this.config.system} has neither discriminators nor a refiner`);
  }

  /** Gives the memory of all parameters back. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** The networks that variational auto-encoders do without. */
interface Adversarial {
  readonly discriminator: Discriminator;
  readonly codeDiscriminator: CodeDiscriminator;
  readonly refiner: Refiner;
}
