/** Lines with zeros around them: copied (AVX-512), or rounded to words of bfloat16 (AVX512-BF16). */
import type { LinePadding } from "../conv/line_padding.ts";
import type { RoundedLines } from "../conv/rounded_lines.ts";
import type { Engine } from "../engine.ts";
import {
  at,
  indexed,
  Label,
  R10,
  R12,
  R13,
  R14,
  R15,
  R9,
  RAX,
  RBX,
  RCX,
  RDI,
  RDX,
  type Register,
} from "./assembler/mod.ts";
import { type CodeBuilder, frame } from "./code_builder.ts";
import { defineNativeKernel } from "./kernel.ts";
import { interleavedIndices } from "./round.ts";
import { vector } from "./vector_set.ts";

/** Words that a task writes, about. */
const TASK_WORDS = 16384;
/** Mask registers; 1 belongs to `VectorSet.setMask`. */
const FIRST = 2, SECOND = 3;

const parameters = {
  source: "address",
  target: "address",
  lines: "i32",
  linesPerTask: "i32",
  sourceLength: "i32",
  before: "i32",
  runs: "i32",
  runNumbers: "i32",
  words: "i32",
  distance: "i32",
} as const;

/**
 * What becomes of a line, see `conv/rounded_lines.ts`. `copy`: its numbers; `neighbours`: two vectors in a row become one
 * of words; `pairs`: lanes of two vectors `distance` apart become words.
 */
type LineWork = "copy" | "neighbours" | "pairs";

function linesKernel(work: LineWork) {
  return defineNativeKernel(`lines: ${work}`, parameters, ["linesLeft", "run"], (k, p) => {
    const { lanes, bytes } = k.vectors, line = R12, to = R13, index = R14, left = R15, end = RDX;
    const [low, high, rounded, indices] = [0, 1, 2, 3].map((register) => vector(k.vectors, register));
    if (work === "pairs") interleavedIndices(k, indices);
    k.mov(RAX, frame.task);
    k.imul(RAX, p.linesPerTask);
    k.mov(RCX, p.lines);
    k.sub(RCX, RAX);
    k.cmp(RCX, p.linesPerTask);
    k.cmov("greater", RCX, p.linesPerTask);
    k.mov(p.linesLeft, RCX);
    k.mov(line, RAX);
    k.imul(line, p.sourceLength);
    k.shift("shl", line, 2);
    k.add(line, p.source);
    k.mov(to, RAX);
    k.imul(to, p.runs);
    k.imul(to, p.words);
    k.shift("shl", to, 2);
    k.add(to, p.target);

    /** Writes a vector of words from numbers `index` … of the line, or its first `left` ones. */
    const writeWords = (inside: boolean, whole: boolean) => {
      const words = work === "copy" ? low : rounded;
      k.lea(RBX, indexed(line, index, 4));
      if (!inside) selectInside(k, FIRST, index, end);
      k.vmovups(low, at(RBX), inside ? undefined : { mask: FIRST });
      if (work !== "copy") {
        k.mov(RAX, work === "neighbours" ? lanes : p.distance);
        k.lea(R9, indexed(RBX, RAX, 4));
        k.add(RAX, index);
        if (!inside) selectInside(k, SECOND, RAX, end);
        k.vmovups(high, at(R9), inside ? undefined : { mask: SECOND });
        k.vcvtne2ps2bf16(words, high, low);
      }
      if (work === "pairs") k.vpermw(words, indices, words);
      if (whole) return k.vstoreups(at(to), words);
      k.mov(RCX, left);
      k.mov(RAX, lanes);
      k.cmp(RCX, RAX);
      k.cmov("greater", RCX, RAX);
      k.vectors.setMask(k, k.tables, RCX, high);
      k.vectors.storeMasked(k, at(to), words, high);
    };

    k.loop(() => {
      k.sub(p.linesLeft, 1);
      return "less";
    }, () => {
      k.mov(p.run, 0);
      k.loop(() => {
        k.mov(RAX, p.run);
        k.cmp(RAX, p.runs);
        return "greaterOrEqual";
      }, () => {
        k.mov(index, RAX);
        k.imul(index, p.runNumbers);
        k.sub(index, p.before);
        k.mov(left, p.words);
        k.mov(end, p.sourceLength);
        k.loop(() => {
          k.cmp(left, 0);
          return "lessOrEqual";
        }, () => {
          const careful = new Label(), next = new Label();
          k.cmp(left, lanes);
          k.jumpIf("less", careful);
          k.cmp(index, 0);
          k.jumpIf("less", careful);
          if (work === "copy") k.xor(RAX, RAX);
          else k.mov(RAX, work === "neighbours" ? lanes : p.distance);
          k.lea(RAX, indexed(RAX, index, 1, lanes));
          k.cmp(RAX, end);
          k.jumpIf("greater", careful);
          writeWords(true, true);
          k.add(to, bytes);
          k.jump(next);
          k.place(careful);
          writeWords(false, false);
          // The last words of a run may be fewer than a vector.
          k.mov(RAX, left);
          k.mov(RCX, lanes);
          k.cmp(RAX, RCX);
          k.cmov("greater", RAX, RCX);
          k.lea(to, indexed(to, RAX, 4));
          k.place(next);
          k.add(index, work === "neighbours" ? 2 * lanes : lanes);
          k.sub(left, lanes);
        });
        k.add(p.run, 1);
      });
      k.mov(RAX, p.sourceLength);
      k.lea(line, indexed(line, RAX, 4));
    });
  });
}

/** Mask register = the lanes for which 0 ≤ index + lane < end. Uses rcx, rdi, r10. */
function selectInside(k: CodeBuilder, mask: number, index: Register, end: Register): void {
  /** rcx = rcx within 0 … lanes. */
  const clamp = () => {
    k.xor(R10, R10);
    k.cmp(RCX, 0);
    k.cmov("less", RCX, R10);
    k.mov(R10, k.vectors.lanes);
    k.cmp(RCX, R10);
    k.cmov("greater", RCX, R10);
  };
  k.mov(RCX, end);
  k.sub(RCX, index);
  clamp();
  k.mov(R10, -1);
  k.bzhi(RDI, R10, RCX);
  k.mov(RCX, index);
  k.neg(RCX);
  clamp();
  k.mov(R10, -1);
  k.bzhi(RCX, R10, RCX);
  // Lanes before the first number are among those before the end, or there are none.
  k.or(RDI, RCX);
  k.xor(RDI, RCX);
  k.kmovw(mask, RDI);
}

const KERNELS = {
  copy: linesKernel("copy"),
  neighbours: linesKernel("neighbours"),
  pairs: linesKernel("pairs"),
};

/** The kernels of {@link padLines}. */
export const PAD_KERNELS = [KERNELS.copy] as const;

/** The kernels of {@link roundLines}. */
export const ROUND_KERNELS = [KERNELS.neighbours, KERNELS.pairs] as const;

/** See `ProductKernels.padLines`. */
export function padLines(engine: Engine, padding: LinePadding, source: number, target: number): void {
  const { lines, sourceLength, before, length } = padding;
  const sizes = { lines, sourceLength, before, runs: 1, runNumbers: 0, words: length, distance: 0 };
  runLines(engine, "copy", sizes, source, target);
}

/** See `ProductKernels.roundLines`. */
export function roundLines(engine: Engine, rounded: RoundedLines, source: number, target: number): void {
  const { kind: _, ...sizes } = rounded;
  runLines(engine, sizes.distance === 0 ? "neighbours" : "pairs", sizes, source, target);
}

function runLines(
  engine: Engine,
  work: LineWork,
  sizes: Omit<RoundedLines, "kind">,
  source: number,
  target: number,
): void {
  const { lines, runs, words } = sizes, linesPerTask = Math.max(1, Math.floor(TASK_WORDS / (runs * words)));
  engine.runNative(KERNELS[work], Math.ceil(lines / linesPerTask), { ...sizes, linesPerTask, source, target });
}
