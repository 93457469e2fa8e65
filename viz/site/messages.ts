/** What the page asks its worker, and the answers. */
import type { EditRequest, ProjectRun } from "../../run/project.ts";
import type { ModelInfo, RoomWish } from "../viewer/catalogue.ts";
import type { Scene } from "../viewer/page/edit_history.ts";

/** What can be asked, and what is answered. */
export interface Questions {
  /** Opens the model. */
  readonly model: [question: { readonly engine: EngineWish }, answer: ModelInfo];
  /** The noise of a seed. */
  readonly noise: [question: { readonly seed: number }, answer: Float32Array<ArrayBuffer>];
  /** The room of a code, or of noise that a wish is given with: labels `[D, H, W]` as generated, and refined if asked. */
  readonly room: [
    question: { readonly numbers: Float32Array; readonly wish: RoomWish | null; readonly refine: boolean },
    answer: Uint8Array<ArrayBuffer>[],
  ];
  /** Proposals for an edit. */
  readonly proposals: [
    question: {
      readonly labels: Uint8Array;
      readonly edit: EditRequest;
      readonly count: number;
      readonly sampler: ProjectRun["sampler"];
    },
    answer: Scene[],
  ];
}

/** What the page's address asks to compute on. */
export type EngineWish = "auto" | "webgpu" | "wasm";

/** A question, or the end of one that nobody wants to be answered any more. */
export type ToWorker =
  | { [Name in keyof Questions]: { readonly id: number; readonly ask: Name; readonly question: Questions[Name][0] } }[
    keyof Questions
  ]
  | { readonly id: number; readonly ask: "nothing" };

/** An answer, a part of one before it, or why there is none. */
export type FromWorker =
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number; readonly part: unknown }
  | { readonly id: number; readonly error: string };
