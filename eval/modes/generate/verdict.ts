/** What the measures say in words: one sentence, and what to beware of. */
import type { Estimate } from "../../metrics/generation/bootstrap.ts";
import type { SetKind, SetMeasures } from "../../metrics/generation/measure.ts";
import type { GenerationReport } from "./generation_report.ts";

/** Below so many scenes most intervals are wider than what runs differ by. */
const FEW_SCENES = 100;
/** An encoder whose run gives back less of real scenes than this (true IoU) has not learned them. */
const LEAST_IOU = 0.5;

/** Reasons to trust the measures less, a sentence each; none if all is well. */
export function cautions({ sets, encoder }: Pick<GenerationReport, "sets" | "encoder">): string[] {
  const found: string[] = [], fewest = Math.min(...sets.map(({ scenes }) => scenes));
  if (fewest < FEW_SCENES) {
    found.push(
      `Only ${fewest} scenes in a set: measures of codes and classifiers need ${FEW_SCENES} or more, better 400 (--count).`,
    );
  }
  if (encoder.reconstructionIou < LEAST_IOU) {
    found.push(
      `The encoder of ${encoder.run} (step ${encoder.step}) is untrained or was trained on other scenes: it and its ` +
        `generator give back real ones with an IoU of ${encoder.reconstructionIou.toFixed(2)}. Measures of codes, ` +
        `precision above all, may call broken rooms good; name another encoder (--encoder).`,
    );
  }
  return found;
}

/** What generated rooms are told by, in one sentence; of the first generated set, with a word on the refined one. */
export function verdict({ sets }: Pick<GenerationReport, "sets">): string {
  const ofKind = (kind: SetKind) => sets.filter((set) => set.kind === kind);
  const [unseen] = ofKind("unseen"), [decoded] = ofKind("reconstructions"), [generated, refined] = ofKind("generated");
  const told = generated?.metrics.classifier_accuracy;
  if (!told || Number.isNaN(told.value)) return "Verdict: too few scenes to say anything.";
  const clauses = [
    isTold(told)
      ? `a classifier tells ${generated.name} rooms from training scenes in ${percent(told)} of cases`
      : `a classifier cannot tell ${generated.name} rooms from training scenes (right in ${percent(told)} of cases)`,
    ...isTold(told) && decoded ? [cause(generated, decoded)] : [],
    ...lacksVariety(generated, unseen) ? ["they vary less than real ones (recall)"] : [],
    ...specks(generated, unseen),
    ...isAbove(generated.metrics.copying_probability, 0.5) ? ["some may be copies of training scenes"] : [],
    ...refined?.metrics.classifier_accuracy
      ? [`${refined.name} ones it tells in ${percent(refined.metrics.classifier_accuracy)}`]
      : [],
  ];
  return `Verdict: ${clauses.join("; ")}.`;
}

/** Whether the decoder or the codes give the rooms away. */
function cause(generated: SetMeasures, decoded: SetMeasures): string {
  const ceiling = decoded.metrics.classifier_accuracy, apart = generated.metrics.reconstruction_classifier_accuracy;
  if (!isTold(ceiling)) {
    return `reconstructions of unseen scenes it cannot (${percent(ceiling)}), so the codes are to blame`;
  }
  const same = `reconstructions of unseen scenes in ${percent(ceiling)}`;
  return isTold(apart) ? `${same}, so decoder and codes are both to blame` : `${same}, so the decoder is to blame`;
}

/** Whether a classifier's accuracy is above chance. */
function isTold(accuracy: Estimate | undefined): boolean {
  return isAbove(accuracy, 0.5);
}

function isAbove(estimate: Estimate | undefined, limit: number): boolean {
  return estimate !== undefined && estimate.low > limit;
}

function lacksVariety({ metrics }: SetMeasures, unseen: SetMeasures | undefined): boolean {
  return (metrics.recall?.high ?? 1) < (unseen?.metrics.recall?.low ?? 0);
}

/** That rooms have more specks than real ones: few voxels, which a small classifier may miss and people do not. */
function specks({ metrics }: SetMeasures, unseen: SetMeasures | undefined): string[] {
  const found = metrics.specks, real = unseen?.metrics.specks;
  if (!found || !real || found.low <= real.high) return [];
  const digits = (value: number) => Number(value.toPrecision(2));
  return [`they have more specks (${digits(found.value)} a scene, real ones ${digits(real.value)})`];
}

/** `73 % (68–78)`. */
function percent(estimate: Estimate | undefined): string {
  const { value = NaN, low = NaN, high = NaN } = estimate ?? {}, of = (share: number) => (100 * share).toFixed(0);
  return `${of(value)} % (${of(low)}–${of(high)})`;
}
