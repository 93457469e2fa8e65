/** Rounding lines to words of bfloat16; see `conv/rounded_lines.ts`. AVX512-BF16. */
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

/** `neighbours`: two vectors in a row become one of words; otherwise lanes of two vectors `distance` apart are paired. */
function roundLinesKernel(neighbours: boolean) {
  const name = `round ${neighbours ? "neighbours" : "pairs"}`, variables = ["linesLeft", "run"] as const;
  return defineNativeKernel(name, parameters, variables, (k, p) => {
    const { lanes, bytes } = k.vectors, line = R12, to = R13, index = R14, left = R15, end = RDX;
    const [low, high, words, indices] = [0, 1, 2, 3].map((register) => vector(k.vectors, register));
    if (!neighbours) interleavedIndices(k, indices);
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
      k.lea(RBX, indexed(line, index, 4));
      k.mov(RAX, neighbours ? lanes : p.distance);
      k.lea(R9, indexed(RBX, RAX, 4));
      k.add(RAX, index);
      if (!inside) {
        selectInside(k, FIRST, index, end);
        selectInside(k, SECOND, RAX, end);
      }
      k.vmovups(low, at(RBX), inside ? undefined : { mask: FIRST });
      k.vmovups(high, at(R9), inside ? undefined : { mask: SECOND });
      k.vcvtne2ps2bf16(words, high, low);
      if (!neighbours) k.vpermw(words, indices, words);
      if (whole) return k.vstoreups(at(to), words);
      k.mov(RCX, left);
      k.mov(RAX, lanes);
      k.cmp(RCX, RAX);
      k.cmov("greater", RCX, RAX);
      k.vectors.setMask(k, k.tables, RCX, low);
      k.vectors.storeMasked(k, at(to), words, low);
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
          k.mov(RAX, neighbours ? lanes : p.distance);
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
          k.add(index, neighbours ? 2 * lanes : lanes);
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

const NEIGHBOURS = roundLinesKernel(true), PAIRS = roundLinesKernel(false);

/** The kernels of {@link roundLines}. */
export const ROUND_KERNELS = [NEIGHBOURS, PAIRS] as const;

/** See `ProductKernels.roundLines`. */
export function roundLines(engine: Engine, rounded: RoundedLines, source: number, target: number): void {
  const { kind: _, ...sizes } = rounded, { lines, runs, words, distance } = sizes;
  const linesPerTask = Math.max(1, Math.floor(TASK_WORDS / (runs * words)));
  const kernel = distance === 0 ? NEIGHBOURS : PAIRS;
  engine.runNative(kernel, Math.ceil(lines / linesPerTask), { ...sizes, linesPerTask, source, target });
}
