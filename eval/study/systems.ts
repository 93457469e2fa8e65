/** The five systems of the paper's charts, in the order of their bars. */
import { SYSTEM_NAMES, type SystemName } from "../../nn/models/systems.ts";

/** A system of the charts. */
export interface ComparedSystem {
  /** Name for files and tables. */
  readonly name: "vae-200" | "vae-1200" | "fc-vae" | "fc-alphagan" | "refined";
  /** Name in charts. */
  readonly title: string;
  /** The run that it is evaluated from. */
  readonly model: SystemName;
  /** Whether volumes pass through the run's refiner. */
  readonly refined: boolean;
  /** What the paper reports for all classes together (its charts; per class it gives no numbers). */
  readonly paper: { readonly iou: number; readonly ap: number };
}

/** The systems; the last two are one run, before and after its refiner. */
export const COMPARED_SYSTEMS: readonly ComparedSystem[] = [
  { name: "vae-200", title: "VAE 200", model: "vae-200", refined: false, paper: { iou: .434, ap: .933 } },
  { name: "vae-1200", title: "VAE 1200", model: "vae-1200", refined: false, paper: { iou: .439, ap: .949 } },
  { name: "fc-vae", title: "FC-VAE", model: "fc-vae", refined: false, paper: { iou: .456, ap: .973 } },
  { name: "fc-alphagan", title: "FC-alphaGAN", model: "fc-alphagan", refined: false, paper: { iou: .470, ap: .985 } },
  { name: "refined", title: "+ refiner", model: "fc-alphagan", refined: true, paper: { iou: .473, ap: .986 } },
];

/** The models to train, cheapest first, so that something can be looked at early. */
export const COMPARED_MODELS: readonly SystemName[] = [...SYSTEM_NAMES].reverse();
