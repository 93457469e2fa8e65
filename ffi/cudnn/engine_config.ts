/** Engines that cuDNN offers for an operation graph, with what they say about themselves. */
import { LibraryError } from "../checked.ts";
import type { ConvolutionGraph, PlanTarget } from "./convolution_graph.ts";
import { Descriptor, finalized } from "./descriptor.ts";
import { BEHAVIOR_NOTE, HEURISTIC_MODE, NUMERICAL_NOTE } from "./enums.ts";
import type { Cudnn } from "./library.ts";

/** A way to ask for engines. A: fast; B: another model, which knows cases that A does not; FALLBACK: whatever works. */
export type HeuristicMode = keyof typeof HEURISTIC_MODE;

/** A description of a GPU from its JSON form. Needs cuDNN 9.8. */
export function deviceProperties(cudnn: Cudnn, json: string): Descriptor {
  return finalized(cudnn, "DEVICEPROP", (descriptor) => {
    descriptor.text("DEVICEPROP_JSON_REPRESENTATION", json);
  });
}

/** An engine with its knobs. */
export class EngineConfig implements Disposable {
  /** Number of the engine, stable within a version of cuDNN. */
  readonly engine: number;
  readonly #numerical: ReadonlySet<number>;
  readonly #behavior: ReadonlySet<number>;
  readonly #owned: DisposableStack;

  /** Takes `descriptor` over. */
  constructor(readonly descriptor: Descriptor, owned: DisposableStack = new DisposableStack()) {
    this.#owned = owned;
    owned.use(descriptor);
    try {
      using engine = new Descriptor(descriptor.cudnn, "ENGINE");
      descriptor.get("ENGINECFG_ENGINE", "BACKEND_DESCRIPTOR", 1, BigUint64Array.of(engine.address));
      this.engine = engine.getInteger("ENGINE_GLOBAL_INDEX");
      this.#numerical = new Set(engine.getNotes("ENGINE_NUMERICAL_NOTE", "NUMERICAL_NOTE"));
      this.#behavior = new Set(engine.getNotes("ENGINE_BEHAVIOR_NOTE", "BEHAVIOR_NOTE"));
    } catch (error) {
      owned.dispose();
      throw error;
    }
  }

  /** Whether the engine carries a numerical note. */
  has(note: keyof typeof NUMERICAL_NOTE): boolean {
    return this.#numerical.has(NUMERICAL_NOTE[note]);
  }

  /** Whether cuDNN compiles its kernels, for half a second, whenever a plan of it is built. */
  get compiles(): boolean {
    return this.#behavior.has(BEHAVIOR_NOTE.RUNTIME_COMPILATION);
  }

  /** Names of all its notes, numerical before behaviour; those that this project has no name for are left out. */
  get notes(): string[] {
    const names = (all: Readonly<Record<string, number>>, has: ReadonlySet<number>) =>
      Object.keys(all).filter((name) => has.has(all[name]));
    return [...names(NUMERICAL_NOTE, this.#numerical), ...names(BEHAVIOR_NOTE, this.#behavior)];
  }

  /** Destroys the configuration with its descriptors. */
  [Symbol.dispose](): void {
    this.#owned.dispose();
  }
}

/** What the heuristics propose, best first. The caller disposes each. */
export function heuristicConfigs(graph: ConvolutionGraph, mode: HeuristicMode, target: PlanTarget): EngineConfig[] {
  const { cudnn } = graph;
  using heuristics = finalized(cudnn, "ENGINEHEUR", (descriptor) => {
    descriptor.descriptors("ENGINEHEUR_OPERATION_GRAPH", [graph.descriptor])
      .enum("ENGINEHEUR_MODE", "HEUR_MODE", HEURISTIC_MODE[mode]);
    if ("properties" in target) descriptor.descriptors("ENGINEHEUR_DEVICEPROP", [target.properties]);
  });
  // Asked without room, it answers an upper bound; asked with it, the count of those it filled.
  const bound = heuristics.get("ENGINEHEUR_RESULTS", "BACKEND_DESCRIPTOR", 0, null);
  if (bound === 0) return [];
  using descriptors = new DisposableStack();
  const made = Array.from({ length: bound }, () => new Descriptor(cudnn, "ENGINECFG"));
  for (const descriptor of made) descriptors.use(descriptor);
  const addresses = BigUint64Array.from(made, ({ address }) => address);
  const count = heuristics.get("ENGINEHEUR_RESULTS", "BACKEND_DESCRIPTOR", bound, addresses);
  const configs = made.slice(0, count).map((descriptor) => new EngineConfig(descriptor));
  descriptors.move();
  for (const descriptor of made.slice(count)) descriptor[Symbol.dispose]();
  return configs;
}

/** How many engines the library has for a graph, whether or not they support it. */
export function engineCount(graph: ConvolutionGraph): number {
  return graph.descriptor.getInteger("OPERATIONGRAPH_ENGINE_GLOBAL_COUNT");
}

/** The engine `index` with its default knobs, or null if it does not support the graph. */
export function engineConfig(graph: ConvolutionGraph, index: number, target: PlanTarget): EngineConfig | null {
  const { cudnn } = graph;
  using owned = new DisposableStack();
  try {
    const engine = owned.use(finalized(cudnn, "ENGINE", (descriptor) => {
      descriptor.descriptors("ENGINE_OPERATION_GRAPH", [graph.descriptor])
        .integers("ENGINE_GLOBAL_INDEX", [index]);
      if ("properties" in target) descriptor.descriptors("ENGINE_DEVICEPROP", [target.properties]);
    }));
    const config = finalized(cudnn, "ENGINECFG", (descriptor) => {
      descriptor.descriptors("ENGINECFG_ENGINE", [engine]);
    });
    return new EngineConfig(config, owned.move());
  } catch (error) {
    if (error instanceof LibraryError) return null;
    throw error;
  }
}
