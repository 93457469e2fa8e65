/** The five systems of the paper's charts, in the order of their bars, and a sixth beside them. */
import type { GeneratorName } from "../../nn/models/config.ts";
import { SYSTEM_NAMES, type SystemName } from "../../nn/models/systems.ts";

/** Name of a run of a study, for its folder. */
export type RunName = SystemName | "fc-alphagan-conv";

/** What is trained for a study. */
export interface ComparedRun {
  /** Name for folders. */
  readonly name: RunName;
  /** Its option `model`. */
  readonly model: SystemName;
  /** Its option `generator`. */
  readonly generator: GeneratorName;
}

/** The runs of the paper's study, cheapest first, so that something can be looked at early. */
export const PAPER_RUNS: readonly ComparedRun[] = [...SYSTEM_NAMES].reverse()
  .map((model) => ({ name: model, model, generator: "dense" }));

/** The run with a generator that is not the paper's. */
export const CONV_RUN: ComparedRun = { name: "fc-alphagan-conv", model: "fc-alphagan", generator: "conv" };

/** A system of the charts. */
export interface ComparedSystem {
  /** Name for tables. */
  readonly name: "vae-200" | "vae-1200" | "fc-vae" | "fc-alphagan" | "refined" | "conv";
  /** Name in charts. */
  readonly title: string;
  /** The run that it is evaluated from. */
  readonly run: RunName;
  /** Whether volumes pass through the run's refiner. */
  readonly refined: boolean;
  /** What the paper reports for all classes together (its charts; per class it gives no numbers); null if it is ours. */
  readonly paper: { readonly iou: number; readonly ap: number } | null;
}

/** The systems; the two before the last are one run, before and after its refiner. */
export const COMPARED_SYSTEMS: readonly ComparedSystem[] = [
  { name: "vae-200", title: "VAE 200", run: "vae-200", refined: false, paper: { iou: .434, ap: .933 } },
  { name: "vae-1200", title: "VAE 1200", run: "vae-1200", refined: false, paper: { iou: .439, ap: .949 } },
  { name: "fc-vae", title: "FC-VAE", run: "fc-vae", refined: false, paper: { iou: .456, ap: .973 } },
  { name: "fc-alphagan", title: "FC-alphaGAN", run: "fc-alphagan", refined: false, paper: { iou: .470, ap: .985 } },
  { name: "refined", title: "+ refiner", run: "fc-alphagan", refined: true, paper: { iou: .473, ap: .986 } },
  { name: "conv", title: "conv generator", run: CONV_RUN.name, refined: false, paper: null },
];
