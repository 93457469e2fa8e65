import { assert, assertEquals } from "@std/assert";
import { importProblem } from "./lint_plugin.ts";

Deno.test("importProblem: data flows one way through the rooms", () => {
  for (
    const [from, specifier] of [
      ["base/files.ts", "../data/formats/npy.ts"],
      ["data/scenes/loader.ts", "../../nn/tensor.ts"],
      ["nn/ops/conv3d.ts", "../../train/loop.ts"],
      ["nn/ops/conv3d.ts", "../../ffi/mod.ts"],
      ["nn/tape.ts", "zod"],
      ["viz/draw/render.ts", "../../eval/run.ts"],
      ["eval/run.ts", "../train/loop.ts"],
      ["eval/study/study.ts", "../../ffi/mod.ts"],
      ["eval/run.ts", "./study/study.ts"],
    ]
  ) assert(importProblem(from, specifier) !== null, `${from} may import ${specifier}`);
});

Deno.test("importProblem: what the architecture allows", () => {
  for (
    const [from, specifier] of [
      ["nn/backend/cuda/pool.ts", "../../../ffi/mod.ts"],
      ["nn/tape.ts", "./tensor.ts"],
      ["nn/backend/memory.ts", "@std/fmt/bytes"],
      ["run/config.ts", "zod"],
      ["eval/run.ts", "../run/checkpoint.ts"],
      ["eval/modes/interpolate.ts", "../../viz/draw/walk.ts"],
      ["train/main.ts", "../viz/draw/png.ts"],
      ["eval/study/main.ts", "../../viz/draw/png.ts"],
      ["eval/study/study_runs.ts", "../../train/loop.ts"],
      ["tests/nn/tape_test.ts", "../../nn/tape.ts"],
    ]
  ) assertEquals(importProblem(from, specifier), null, `${from} → ${specifier}`);
});
