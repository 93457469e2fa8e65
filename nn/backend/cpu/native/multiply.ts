/** Carries out a `MultiplyPlan`; see `multiply/multiply_plan.ts` for the tables it walks. */
import type { Engine } from "../engine.ts";
import {
  type LoadedPlan,
  MULTIPLY_PARAMETERS,
  multiplyArguments,
  readsRowsApart,
  WORD,
} from "../multiply/loaded_plan.ts";
import { BLOCK, BLOCK_WORDS, TASK, TASK_WORDS } from "../multiply/multiply_plan.ts";
import type { WordFormat } from "../multiply/word_format.ts";
import { at, R12, R13, R8, RAX, RCX, type Register } from "./assembler/mod.ts";
import { multiplyBlock } from "./block.ts";
import { frame } from "./code_builder.ts";
import { defineNativeKernel } from "./kernel.ts";
import type { TileForm } from "./tile.ts";

const VARIABLES = ["block", "blockBegin", "blockEnd", "panel", "panelEnd", "pass", "passEnd"] as const;

function multiplyKernel(form: TileForm) {
  return defineNativeKernel(`multiply ${form.kind} ${form.format}`, MULTIPLY_PARAMETERS, VARIABLES, (k, p) => {
    const panelBytes = 2 * k.vectors.bytes, block = R13;
    for (const stride of ["strideA", "strideB", "strideC"] as const) {
      k.mov(RAX, p[stride]);
      k.mov(frame[stride], RAX);
    }
    k.mov(R12, frame.task);
    k.shift("shl", R12, Math.log2(TASK_WORDS * WORD));
    k.add(R12, p.tasks);
    for (const field of ["blockBegin", "blockEnd"] as const) {
      k.movsxd(RAX, at(R12, TASK[field] * WORD));
      k.imul(RAX, RAX, BLOCK_WORDS * WORD);
      k.add(RAX, p.blocks);
      k.mov(p[field], RAX);
    }
    k.movsxd(RAX, at(R12, TASK.panelEnd * WORD));
    k.mov(p.panelEnd, RAX);
    k.movsxd(RAX, at(R12, TASK.panelBegin * WORD));
    k.mov(p.pass, RAX);

    /** target = field of the block, scaled or moved by `scale`. */
    const field = (target: Register, name: keyof typeof BLOCK) => k.movsxd(target, at(block, BLOCK[name] * WORD));
    k.loop(() => {
      k.mov(RAX, p.pass);
      k.cmp(RAX, p.panelEnd);
      return "greaterOrEqual";
    }, () => {
      k.add(RAX, p.panelsPerPass);
      k.cmp(RAX, p.panelEnd);
      k.cmov("greater", RAX, p.panelEnd);
      k.mov(p.passEnd, RAX);
      k.mov(RAX, p.blockBegin);
      k.mov(p.block, RAX);
      k.loop(() => {
        k.mov(RAX, p.block);
        k.cmp(RAX, p.blockEnd);
        return "aboveOrEqual";
      }, () => {
        k.mov(RAX, p.pass);
        k.mov(p.panel, RAX);
        k.loop(() => {
          k.mov(RCX, p.panel);
          k.cmp(RCX, p.passEnd);
          return "greaterOrEqual";
        }, () => {
          k.mov(block, p.block);
          field(RAX, "a");
          k.add(RAX, p.a);
          k.mov(frame.a, RAX);
          field(RAX, "panelStride");
          k.imul(RAX, RCX);
          field(R8, "b");
          k.add(RAX, R8);
          k.add(RAX, p.b);
          k.mov(frame.b, RAX);
          k.imul(RAX, RCX, panelBytes);
          field(R8, "c");
          k.add(RAX, R8);
          k.add(RAX, p.c);
          k.mov(frame.c, RAX);
          for (const [name, target] of [["segmentBegin", "segments"], ["segmentEnd", "segmentsEnd"]] as const) {
            field(RAX, name);
            k.shift("shl", RAX, Math.log2(2 * WORD));
            k.add(RAX, p.segments);
            k.mov(frame[target], RAX);
          }
          for (const name of ["depth", "rows"] as const) {
            field(RAX, name);
            k.mov(frame[name], RAX);
          }
          field(RAX, "accumulate");
          k.or(RAX, p.accumulate);
          k.mov(frame.accumulate, RAX);
          k.imul(RCX, RCX, 2 * k.vectors.lanes);
          k.mov(RAX, p.columns);
          k.sub(RAX, RCX);
          k.mov(frame.columns, RAX);
          k.call(multiplyBlock(k, form));
          k.add(p.panel, 1);
        });
        k.add(p.block, BLOCK_WORDS * WORD);
      });
      k.mov(RAX, p.passEnd);
      k.mov(p.pass, RAX);
    });
  });
}

const multiplyKernels = (format: WordFormat) => ({
  apart: multiplyKernel({ kind: "apart", format }),
  adjacent: multiplyKernel({ kind: "adjacent", format }),
});
const KERNELS = { float32: multiplyKernels("float32"), bfloat16: multiplyKernels("bfloat16") };

/** The kernels of {@link multiply} for words of a format. */
export const MULTIPLY_KERNELS = {
  float32: Object.values(KERNELS.float32),
  bfloat16: Object.values(KERNELS.bfloat16),
} as const;

/** See `ProductKernels.multiply`. */
export function multiply(
  engine: Engine,
  loaded: LoadedPlan,
  a: number,
  b: number,
  c: number,
  accumulate: boolean,
): void {
  const kernel = KERNELS[loaded.plan.format][readsRowsApart(loaded.plan) ? "apart" : "adjacent"];
  engine.runNative(kernel, loaded.plan.tasks.length / TASK_WORDS, {
    ...multiplyArguments(loaded),
    ...{ a, b, c, accumulate: Number(accumulate) },
  });
}
