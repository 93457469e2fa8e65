/** What the processor can do and the system lets programs use: CPUID joined with XGETBV. */
import { Assembler, at, Label, R8, RAX, RBX, RCX, RDI, RDX } from "../assembler/mod.ts";
import { ExecutableMemory } from "./executable_memory.ts";

/** Vector instructions that may be used. */
export interface Processor {
  /** AVX2, FMA and BMI2. */
  readonly avx2: boolean;
  /** AVX-512 F, BW, DQ and VL besides. */
  readonly avx512: boolean;
  /** Dot products of bfloat16 besides. */
  readonly avx512bf16: boolean;
}

/** Words that {@link featureCode} writes. */
const WORD = { leaf1Ecx: 0, leaf7Ebx: 1, leaf7SubleafEax: 2, enabledStates: 3 } as const;

const bit = (place: number) => 1 << place;
const LEAF1_FMA = bit(12), LEAF1_OSXSAVE = bit(27), LEAF1_AVX = bit(28);
const LEAF7_AVX2 = bit(5), LEAF7_BMI2 = bit(8);
const LEAF7_AVX512 = bit(16) | bit(17) | bit(30) | bit(31);
const SUBLEAF_AVX512_BF16 = bit(5);
/** States that the system saves: SSE and AVX; and the masks and upper halves of AVX-512. */
const STATE_AVX = 0x6, STATE_AVX512 = 0xe6;

/** A function `(words)`: writes four words about the processor, zero where it does not know the question. */
function featureCode(): Uint8Array<ArrayBuffer> {
  const a = new Assembler(), withoutLeaf7 = new Label(), withoutStates = new Label();
  const store = (word: number) => a.store32(at(RDI, word * 4), RAX);
  const ask = (leaf: number, subleaf: number) => {
    a.mov(RAX, leaf);
    a.mov(RCX, subleaf);
    a.cpuid();
  };
  a.push(RBX);
  a.xor(RAX, RAX);
  for (const word of Object.values(WORD)) store(word);
  ask(0, 0);
  a.mov(R8, RAX);
  ask(1, 0);
  a.mov(RAX, RCX);
  store(WORD.leaf1Ecx);
  a.cmp(R8, 7);
  a.jumpIf("below", withoutLeaf7);
  ask(7, 0);
  // eax is the highest subleaf.
  a.mov(R8, RAX);
  a.mov(RAX, RBX);
  store(WORD.leaf7Ebx);
  a.test(R8, R8);
  a.jumpIf("equal", withoutLeaf7);
  ask(7, 1);
  store(WORD.leaf7SubleafEax);
  a.place(withoutLeaf7);
  a.mov32(RAX, at(RDI, WORD.leaf1Ecx * 4));
  a.and(RAX, LEAF1_OSXSAVE);
  a.jumpIf("equal", withoutStates);
  a.xor(RCX, RCX);
  a.xor(RDX, RDX);
  a.xgetbv();
  store(WORD.enabledStates);
  a.place(withoutStates);
  a.xor(RAX, RAX);
  a.pop(RBX);
  a.ret();
  return a.finish();
}

/** Reads {@link featureCode}'s words. */
export function processorOf(words: Uint32Array): Processor {
  const has = (word: keyof typeof WORD, bits: number) => (words[WORD[word]] & bits) >>> 0 === bits >>> 0;
  const avx2 = has("leaf1Ecx", LEAF1_FMA | LEAF1_OSXSAVE | LEAF1_AVX) && has("leaf7Ebx", LEAF7_AVX2 | LEAF7_BMI2) &&
    has("enabledStates", STATE_AVX);
  const avx512 = avx2 && has("leaf7Ebx", LEAF7_AVX512) && has("enabledStates", STATE_AVX512);
  return { avx2, avx512, avx512bf16: avx512 && has("leaf7SubleafEax", SUBLEAF_AVX512_BF16) };
}

/** Asks the processor. @throws {Error} if this is no x86-64, FFI is not permitted or memory cannot be executable */
export function askProcessor(): Processor {
  if (Deno.build.arch !== "x86_64") throw new Error(`the processor is ${Deno.build.arch}, not x86-64`);
  using memory = new ExecutableMemory(featureCode());
  const words = new Uint32Array(4);
  new Deno.UnsafeFnPointer(memory.address(), { parameters: ["buffer"], result: "void" }).call(words);
  return processorOf(words);
}
