import { assertEquals, assertThrows } from "@std/assert";
import {
  Assembler,
  at,
  Broadcast,
  indexed,
  Label,
  R10,
  R12,
  R13,
  R14,
  R15,
  R8,
  R9,
  RAX,
  RBP,
  RBX,
  RCX,
  RDI,
  RDX,
  RSI,
  RSP,
  VectorRegister,
} from "../../../../../nn/backend/cpu/native/assembler/mod.ts";

const xmm = (index: number) => new VectorRegister(index, 16);
const ymm = (index: number) => new VectorRegister(index, 32);
const zmm = (index: number) => new VectorRegister(index, 64);

/** Code, its bytes, and what a disassembler says of them. */
type Case = readonly [emit: (a: Assembler) => void, bytes: string, text: string];

const CASES: readonly Case[] = [
  [(a) => a.mov(RAX, RBX), "488bc3", "mov rax,rbx"],
  [(a) => a.mov(R9, at(RSP, 8)), "4c8b4c2408", "mov r9,QWORD PTR [rsp+0x8]"],
  [(a) => a.mov(at(RBP, -16), R15), "4c897df0", "mov QWORD PTR [rbp-0x10],r15"],
  [(a) => a.mov(at(R13), RDX), "49895500", "mov QWORD PTR [r13+0x0],rdx"],
  [(a) => a.mov(at(R12, 1024), -7), "49c7842400040000f9ffffff", "mov QWORD PTR [r12+0x400],0xfffffffffffffff9"],
  [(a) => a.mov(RCX, 305419896), "48c7c178563412", "mov rcx,0x12345678"],
  [(a) => a.mov32(RDI, at(RDI, 576)), "8bbf40020000", "mov edi,DWORD PTR [rdi+0x240]"],
  [(a) => a.mov32(R14, indexed(RBX, R13, 4)), "468b34ab", "mov r14d,DWORD PTR [rbx+r13*4]"],
  [(a) => a.store32(at(RSI, 64), R8), "44894640", "mov DWORD PTR [rsi+0x40],r8d"],
  [(a) => a.movsxd(RAX, indexed(R9, RCX, 4, -4)), "49634489fc", "movsxd rax,DWORD PTR [r9+rcx*4-0x4]"],
  [(a) => a.lea(R12, indexed(R13, R14, 8, 100000)), "4f8da4f5a0860100", "lea r12,[r13+r14*8+0x186a0]"],
  [(a) => a.add(RAX, 127), "4883c07f", "add rax,0x7f"],
  [(a) => a.add(RAX, 128), "4881c080000000", "add rax,0x80"],
  [(a) => a.add(R8, at(RBP, -8)), "4c0345f8", "add r8,QWORD PTR [rbp-0x8]"],
  [(a) => a.add(at(RBP, -8), R8), "4c0145f8", "add QWORD PTR [rbp-0x8],r8"],
  [(a) => a.sub(at(RBP, -200), 1), "4883ad38ffffff01", "sub QWORD PTR [rbp-0xc8],0x1"],
  [(a) => a.sub(RSP, 4096), "4881ec00100000", "sub rsp,0x1000"],
  [(a) => a.and(RCX, -4), "4883e1fc", "and rcx,0xfffffffffffffffc"],
  [(a) => a.or(RAX, at(RDX)), "480b02", "or rax,QWORD PTR [rdx]"],
  [(a) => a.xor(RDX, RDX), "4833d2", "xor rdx,rdx"],
  [(a) => a.cmp(R15, at(RBP, -24)), "4c3b7de8", "cmp r15,QWORD PTR [rbp-0x18]"],
  [(a) => a.cmp(RAX, 14), "4883f80e", "cmp rax,0xe"],
  [(a) => a.imul(RAX, at(RBP, -32)), "480faf45e0", "imul rax,QWORD PTR [rbp-0x20]"],
  [(a) => a.imul(R9, R10), "4d0fafca", "imul r9,r10"],
  [(a) => a.imul(RCX, RDX, 36), "4869ca24000000", "imul rcx,rdx,0x24"],
  [(a) => a.div(at(RBP, -40)), "48f775d8", "div QWORD PTR [rbp-0x28]"],
  [(a) => a.div(R8), "49f7f0", "div r8"],
  [(a) => a.neg(RAX), "48f7d8", "neg rax"],
  [(a) => a.shift("shl", R9, 5), "49c1e105", "shl r9,0x5"],
  [(a) => a.shift("shr", RAX, 1), "48c1e801", "shr rax,0x1"],
  [(a) => a.shift("sar", R15, 2), "49c1ff02", "sar r15,0x2"],
  [(a) => a.cmov("above", RAX, R9), "490f47c1", "cmova rax,r9"],
  [(a) => a.cmov("less", R8, at(RBP, -48)), "4c0f4c45d0", "cmovl r8,QWORD PTR [rbp-0x30]"],
  [(a) => a.test(RAX, RAX), "4885c0", "test rax,rax"],
  [(a) => a.test(R9, RBX), "4985d9", "test r9,rbx"],
  [(a) => a.lockXadd32(at(RDI, 128), RAX), "f00fc18780000000", "lock xadd DWORD PTR [rdi+0x80],eax"],
  [(a) => a.lockXadd32(at(R12, 128), R9), "f0450fc18c2480000000", "lock xadd DWORD PTR [r12+0x80],r9d"],
  [(a) => a.jumpTo(RAX), "ffe0", "jmp rax"],
  [(a) => a.jumpTo(R9), "41ffe1", "jmp r9"],
  [(a) => a.callTo(RDX), "ffd2", "call rdx"],
  [(a) => a.ret(), "c3", "ret"],
  [(a) => a.push(RBX), "53", "push rbx"],
  [(a) => a.push(R12), "4154", "push r12"],
  [(a) => a.pop(RBP), "5d", "pop rbp"],
  [(a) => a.pop(R15), "415f", "pop r15"],
  [(a) => a.cpuid(), "0fa2", "cpuid"],
  [(a) => a.xgetbv(), "0f01d0", "xgetbv"],
  [(a) => a.vmovups(ymm(3), at(RAX)), "c4e17c1018", "vmovups ymm3,YMMWORD PTR [rax]"],
  [(a) => a.vmovups(ymm(11), indexed(R13, R14, 2, 32)), "c4017c105c7520", "vmovups ymm11,YMMWORD PTR [r13+r14*2+0x20]"],
  [(a) => a.vmovups(zmm(3), at(RAX, 64)), "62f17c48105801", "vmovups zmm3,ZMMWORD PTR [rax+0x40]"],
  [
    (a) => a.vmovups(zmm(31), indexed(R13, R14, 2, 4096)),
    "62017c48107c7540",
    "vmovups zmm31,ZMMWORD PTR [r13+r14*2+0x1000]",
  ],
  [
    (a) => a.vmovups(zmm(17), at(R12, 65), { mask: 1 }),
    "62c17cc9108c2441000000",
    "vmovups zmm17{k1}{z},ZMMWORD PTR [r12+0x41]",
  ],
  [(a) => a.vstoreups(at(RDX, 32), ymm(9)), "c4617c114a20", "vmovups YMMWORD PTR [rdx+0x20],ymm9"],
  [(a) => a.vstoreups(at(RDX, 128), zmm(25)), "62617c48114a02", "vmovups ZMMWORD PTR [rdx+0x80],zmm25"],
  [(a) => a.vstoreups(at(R8, -64), zmm(5), { mask: 2 }), "62d17c4a1168ff", "vmovups ZMMWORD PTR [r8-0x40]{k2},zmm5"],
  [
    (a) => a.vbroadcastss(ymm(15), indexed(R9, R14, 4, 8)),
    "c4027d187cb108",
    "vbroadcastss ymm15,DWORD PTR [r9+r14*4+0x8]",
  ],
  [
    (a) => a.vbroadcastss(zmm(30), indexed(R9, R14, 4, 8)),
    "62027d481874b102",
    "vbroadcastss zmm30,DWORD PTR [r9+r14*4+0x8]",
  ],
  [(a) => a.vbroadcastss(zmm(2), at(R13, 508)), "62d27d4818557f", "vbroadcastss zmm2,DWORD PTR [r13+0x1fc]"],
  [(a) => a.vbroadcastss(zmm(2), at(R13, 6)), "62d27d48189506000000", "vbroadcastss zmm2,DWORD PTR [r13+0x6]"],
  [(a) => a.vfmadd231ps(ymm(1), ymm(12), ymm(14)), "c4c21db8ce", "vfmadd231ps ymm1,ymm12,ymm14"],
  [(a) => a.vfmadd231ps(zmm(1), zmm(29), zmm(14)), "62d21540b8ce", "vfmadd231ps zmm1,zmm29,zmm14"],
  [(a) => a.vfmadd231ps(zmm(20), zmm(8), zmm(23)), "62a23d48b8e7", "vfmadd231ps zmm20,zmm8,zmm23"],
  [
    (a) => a.vfmadd231ps(zmm(20), zmm(8), new Broadcast(indexed(R10, R15, 1, 12))),
    "62823d58b8643a03",
    "vfmadd231ps zmm20,zmm8,DWORD BCST [r10+r15*1+0xc]",
  ],
  [(a) => a.vfmadd231ps(ymm(2), ymm(8), at(RSI, 32)), "c4e23db85620", "vfmadd231ps ymm2,ymm8,YMMWORD PTR [rsi+0x20]"],
  [(a) => a.vdpbf16ps(zmm(20), zmm(8), zmm(31)), "62823e4852e7", "vdpbf16ps zmm20,zmm8,zmm31"],
  [
    (a) => a.vdpbf16ps(zmm(5), zmm(28), new Broadcast(indexed(R10, R15, 1, 12))),
    "62921e50526c3a03",
    "vdpbf16ps zmm5,zmm28,DWORD BCST [r10+r15*1+0xc]",
  ],
  [
    (a) => a.vcvtne2ps2bf16(zmm(1), zmm(17), at(R9, 64)),
    "62d27740724901",
    "vcvtne2ps2bf16 zmm1,zmm17,ZMMWORD PTR [r9+0x40]",
  ],
  [(a) => a.vcvtne2ps2bf16(zmm(3), zmm(2), zmm(30)), "62926f4872de", "vcvtne2ps2bf16 zmm3,zmm2,zmm30"],
  [(a) => a.vcvtneps2bf16(xmm(2), indexed(R9, RAX, 2)), "62d27e28721441", "vcvtneps2bf16 xmm2,YMMWORD PTR [r9+rax*2]"],
  [(a) => a.vcvtneps2bf16(ymm(2), at(R9, 128)), "62d27e48725102", "vcvtneps2bf16 ymm2,ZMMWORD PTR [r9+0x80]"],
  [(a) => a.vpermw(zmm(1), zmm(2), zmm(25)), "6292ed488dc9", "vpermw zmm1,zmm2,zmm25"],
  [(a) => a.vstoress(at(R13, 4), xmm(9)), "c4417a114d04", "vmovss DWORD PTR [r13+0x4],xmm9"],
  [(a) => a.load8(RAX, at(R9)), "490fb601", "movzx rax,BYTE PTR [r9]"],
  [(a) => a.vbroadcastss(zmm(20), xmm(3)), "62e27d4818e3", "vbroadcastss zmm20,xmm3"],
  [(a) => a.vsubps(ymm(1), ymm(12), at(R9, 32)), "c4c11c5c4920", "vsubps ymm1,ymm12,YMMWORD PTR [r9+0x20]"],
  [(a) => a.vmulps(zmm(1), zmm(12), at(RAX, 64)), "62f11c48594801", "vmulps zmm1,zmm12,ZMMWORD PTR [rax+0x40]"],
  [(a) => a.vdivps(xmm(1), xmm(2), xmm(11)), "c4c1685ecb", "vdivps xmm1,xmm2,xmm11"],
  [(a) => a.vandps(ymm(1), ymm(2), ymm(11)), "c4c16c54cb", "vandps ymm1,ymm2,ymm11"],
  [(a) => a.vmaxps(zmm(18), zmm(2), zmm(11)), "62c16c485fd3", "vmaxps zmm18,zmm2,zmm11"],
  [(a) => a.vfmadd213ps(ymm(1), ymm(12), ymm(14)), "c4c21da8ce", "vfmadd213ps ymm1,ymm12,ymm14"],
  [(a) => a.vfnmadd231ps(zmm(1), zmm(29), zmm(14)), "62d21540bcce", "vfnmadd231ps zmm1,zmm29,zmm14"],
  [(a) => a.vcvtps2dq(zmm(4), zmm(9)), "62d17d485be1", "vcvtps2dq zmm4,zmm9"],
  [(a) => a.vcvtdq2ps(ymm(4), ymm(9)), "c4c17c5be1", "vcvtdq2ps ymm4,ymm9"],
  [(a) => a.vpaddd(zmm(4), zmm(9), zmm(21)), "62b13548fee5", "vpaddd zmm4,zmm9,zmm21"],
  [(a) => a.vpsubd(ymm(4), ymm(9), ymm(2)), "c4e135fae2", "vpsubd ymm4,ymm9,ymm2"],
  [(a) => a.vpslld(ymm(4), ymm(12), 23), "c4c15d72f417", "vpslld ymm4,ymm12,0x17"],
  [(a) => a.vpslld(zmm(20), zmm(12), 23), "62d15d4072f417", "vpslld zmm20,zmm12,0x17"],
  [(a) => a.vpsrad(zmm(4), zmm(28), 23), "62915d4872e417", "vpsrad zmm4,zmm28,0x17"],
  [(a) => a.vcvtps2pd(zmm(4), ymm(9)), "62d17c485ae1", "vcvtps2pd zmm4,ymm9"],
  [(a) => a.vcvtps2pd(ymm(4), xmm(9)), "c4c17c5ae1", "vcvtps2pd ymm4,xmm9"],
  [(a) => a.vaddpd(zmm(4), zmm(9), zmm(21)), "62b1b54858e5", "vaddpd zmm4,zmm9,zmm21"],
  [(a) => a.vaddpd(ymm(4), ymm(9), ymm(2)), "c4e13558e2", "vaddpd ymm4,ymm9,ymm2"],
  [(a) => a.vshufps(ymm(4), ymm(9), ymm(2), [2, 3, 0, 1]), "c4e134c6e24e", "vshufps ymm4,ymm9,ymm2,0x4e"],
  [(a) => a.vshufps(zmm(4), zmm(9), zmm(2), [1, 0, 3, 2]), "62f13448c6e2b1", "vshufps zmm4,zmm9,zmm2,0xb1"],
  [(a) => a.vshuff32x4(zmm(4), zmm(9), zmm(2), [1, 0, 3, 2]), "62f3354823e2b1", "vshuff32x4 zmm4,zmm9,zmm2,0xb1"],
  [(a) => a.vswapHalves(ymm(4), ymm(9)), "c4c33506e101", "vperm2f128 ymm4,ymm9,ymm9,0x1"],
  [(a) => a.vextractUpper(ymm(4), zmm(9)), "6273fd481bcc01", "vextractf64x4 ymm4,zmm9,0x1"],
  [(a) => a.vextractUpper(xmm(4), ymm(9)), "c4637d19cc01", "vextractf128 xmm4,ymm9,0x1"],
  [(a) => a.vaddps(ymm(0), ymm(1), at(R8, 4)), "c4c174584004", "vaddps ymm0,ymm1,YMMWORD PTR [r8+0x4]"],
  [(a) => a.vaddps(zmm(0), zmm(16), at(R8, 64)), "62d17c40584001", "vaddps zmm0,zmm16,ZMMWORD PTR [r8+0x40]"],
  [(a) => a.vaddps(zmm(7), zmm(7), zmm(31)), "6291444858ff", "vaddps zmm7,zmm7,zmm31"],
  [(a) => a.vzero(ymm(13)), "c4411057ed", "vxorps xmm13,xmm13,xmm13"],
  [(a) => a.vzero(zmm(13)), "62511548efed", "vpxord zmm13,zmm13,zmm13"],
  [(a) => a.vzero(zmm(28)), "62011d40efe4", "vpxord zmm28,zmm28,zmm28"],
  [(a) => a.vunpcklps(xmm(4), xmm(0), xmm(9)), "c4c17814e1", "vunpcklps xmm4,xmm0,xmm9"],
  [(a) => a.vunpckhps(xmm(12), xmm(3), xmm(1)), "c4616015e1", "vunpckhps xmm12,xmm3,xmm1"],
  [(a) => a.vunpcklpd(xmm(4), xmm(0), xmm(9)), "c4c17914e1", "vunpcklpd xmm4,xmm0,xmm9"],
  [(a) => a.vunpckhpd(xmm(12), xmm(3), xmm(1)), "c4616115e1", "vunpckhpd xmm12,xmm3,xmm1"],
  [(a) => a.vunpcklps(zmm(4), zmm(20), zmm(9)), "62d15c4014e1", "vunpcklps zmm4,zmm20,zmm9"],
  [(a) => a.vunpckhpd(zmm(22), zmm(3), zmm(31)), "6281e54815f7", "vunpckhpd zmm22,zmm3,zmm31"],
  [(a) => a.vmaskload(ymm(9), ymm(13), at(RSI, 32)), "c462152c4e20", "vmaskmovps ymm9,ymm13,YMMWORD PTR [rsi+0x20]"],
  [(a) => a.vmaskstore(at(RDX, 32), ymm(13), ymm(9)), "c462152e4a20", "vmaskmovps YMMWORD PTR [rdx+0x20],ymm13,ymm9"],
  [(a) => a.kmovw(1, RAX), "c4e17892c8", "kmovw k1,eax"],
  [(a) => a.kmovw(2, R9), "c4c17892d1", "kmovw k2,r9d"],
  [(a) => a.bzhi(RAX, R9, RCX), "c4c2f0f5c1", "bzhi rax,r9,rcx"],
  [(a) => a.bzhi(R13, RBX, R10), "c462a8f5eb", "bzhi r13,rbx,r10"],
  [(a) => a.vzeroupper(), "c5f877", "vzeroupper"],
];

function assemble(emit: (a: Assembler) => void): Uint8Array<ArrayBuffer> {
  const assembler = new Assembler();
  emit(assembler);
  return assembler.finish();
}

const hex = (bytes: Uint8Array) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

Deno.test("Assembler: every instruction has the recorded bytes", () => {
  for (const [emit, bytes, text] of CASES) assertEquals(hex(assemble(emit)), bytes, text);
});

const objdump = await new Deno.Command("objdump", { args: ["--version"], stdout: "null", stderr: "null" }).output()
  .then(({ success }) => success, () => false);

Deno.test({
  name: "Assembler: a disassembler reads what was meant (needs objdump for x86-64)",
  ignore: !objdump || Deno.build.arch !== "x86_64",
  async fn() {
    const file = await Deno.makeTempFile();
    try {
      await Deno.writeFile(file, assemble((a) => CASES.forEach(([emit]) => emit(a))));
      const args = ["-D", "-b", "binary", "-m", "i386:x86-64", "-M", "intel", "--no-show-raw-insn", file];
      const { stdout } = await new Deno.Command("objdump", { args }).output();
      const lines = new TextDecoder().decode(stdout).split("\n").flatMap((line) =>
        /^ +[0-9a-f]+:\t(.*)$/.exec(line) ?? []
      )
        .filter((_, index) => index % 2 === 1).map((line) => line.replace(/ +/g, " ").trim())
        // How older versions write a broadcast.
        .map((line) => line.replace(/DWORD PTR (\[[^\]]*\])\{1to16\}/, "DWORD BCST $1"));
      assertEquals(lines, CASES.map(([, , text]) => text));
    } finally {
      await Deno.remove(file);
    }
  },
});

Deno.test("Assembler: jumps forwards and backwards, tables, addresses of labels", () => {
  const code = assemble((a) => {
    const end = new Label(), start = a.here();
    a.jump(end);
    a.jumpIf("less", start);
    a.call(end);
    a.place(end);
    a.lea(RAX, end);
    a.align(16);
    a.offsets([start, end], end);
  });
  assertEquals(
    hex(code),
    "e90b000000" + "0f8cf5ffffff" + "e800000000" + "488d05f9ffffff" + "90".repeat(9) + "f0ffffff" + "00000000",
  );
});

Deno.test("Assembler: mistakes with labels and registers are errors", () => {
  assertThrows(() => assemble((a) => a.jump(new Label())), Error, "never placed");
  assertThrows(
    () =>
      assemble((a) => {
        const label = a.here();
        a.place(label);
      }),
    Error,
    "placed again",
  );
  assertThrows(() => indexed(RAX, RSP), RangeError, "rsp");
});
