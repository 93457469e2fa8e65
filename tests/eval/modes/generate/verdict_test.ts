/** What is said of measures in words. */
import { assertEquals, assertStringIncludes } from "@std/assert";
import type { Metrics } from "../../../../eval/metrics/generation/metric.ts";
import type { SetKind, SetMeasures } from "../../../../eval/metrics/generation/measure.ts";
import { cautions, verdict } from "../../../../eval/modes/generate/verdict.ts";

const near = (value: number) => ({ value, low: value - 0.04, high: value + 0.04 });
const set = (kind: SetKind, metrics: Metrics, name: string = kind, scenes = 400): SetMeasures => ({
  kind,
  name,
  scenes,
  metrics,
  classes: [],
  nearest: null,
});
const unseen = set("unseen", { recall: near(0.93), specks: near(1) });
const decoded = (accuracy: number) => set("reconstructions", { classifier_accuracy: near(accuracy) });
const generated = (accuracy: number, apart: number, rest: Metrics = {}) =>
  set("generated", {
    classifier_accuracy: near(accuracy),
    reconstruction_classifier_accuracy: near(apart),
    ...rest,
  });

Deno.test("verdict: whether rooms are told from real ones, and whether decoder or codes give them away", () => {
  const said = (...sets: SetMeasures[]) => verdict({ sets: [set("training", {}), unseen, ...sets] });
  assertEquals(
    said(decoded(0.52), generated(0.51, 0.5)),
    "Verdict: a classifier cannot tell generated rooms from training scenes (right in 51 % (47–55) of cases).",
  );
  assertEquals(
    said(decoded(0.72), generated(0.73, 0.52)),
    "Verdict: a classifier tells generated rooms from training scenes in 73 % (69–77) of cases; reconstructions of " +
      "unseen scenes in 72 % (68–76), so the decoder is to blame.",
  );
  assertStringIncludes(
    said(decoded(0.52), generated(0.73, 0.7)),
    "it cannot (52 % (48–56)), so the codes are to blame",
  );
  assertStringIncludes(said(decoded(0.6), generated(0.8, 0.7)), "so decoder and codes are both to blame");
  const refined = set("generated", { classifier_accuracy: near(0.89) }, "refined");
  assertStringIncludes(said(decoded(0.6), generated(0.8, 0.7), refined), "; refined ones it tells in 89 % (85–93).");
});

Deno.test("verdict: little variety, specks and copies are named; no unseen scenes and too few are no obstacle", () => {
  const poor = generated(0.99, 0.95, { recall: near(0.05), copying_probability: near(0.9), specks: near(9) });
  const all = verdict({ sets: [set("training", {}), unseen, decoded(0.5), poor] });
  for (const part of ["they vary less", "copies of training scenes", "more specks (9 a scene, real ones 1)"]) {
    assertStringIncludes(all, part);
  }
  const ofNone = verdict({ sets: [set("training", {}), generated(0.9, NaN)] });
  assertEquals(
    ofNone,
    "Verdict: a classifier tells generated rooms from training scenes in 90 % (86–94) of cases.",
  );
  assertEquals(
    verdict({ sets: [set("training", {}), generated(NaN, NaN)] }),
    "Verdict: too few scenes to say anything.",
  );
});

Deno.test("cautions: few scenes, an encoder that did not learn such scenes, nothing else", () => {
  const encoder = {
    run: "demo",
    step: 4,
    checksum: "0",
    pinned: false,
    batchNorm: "running",
    codeSize: 64,
    reconstructionIou: 0.97,
  };
  const sets = [set("training", {}), generated(0.5, 0.5)];
  assertEquals(cautions({ sets, encoder }), []);
  const few = cautions({ sets: [...sets, set("generated", {}, "refined", 12)], encoder });
  assertEquals(few.length, 1);
  assertStringIncludes(few[0], "Only 12 scenes");
  const untrained = cautions({ sets, encoder: { ...encoder, reconstructionIou: 0.13 } });
  assertEquals(untrained.length, 1);
  assertStringIncludes(untrained[0], "demo (step 4) is untrained or was trained on other scenes");
  assertStringIncludes(untrained[0], "IoU of 0.13");
});
