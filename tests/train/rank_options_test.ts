import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { VERSION } from "../../base/version.ts";
import { type Group, solo } from "../../nn/group/group.ts";
import { resolveOptions } from "../../run/options.ts";
import { partOf } from "../../train/batch_part.ts";
import { checkVersions, ofRank } from "../../train/ranks.ts";

const optionsWith = (values: Record<string, unknown>) =>
  resolveOptions([{ source: "test", values: { preset: "tiny", device: "cpu", ...values } }]);

/** A rank as far as options ask. */
function rank(values: Partial<Group>): Group {
  return { ...solo(), ...values };
}

Deno.test("partOf: equal parts of each batch, or a sentence that names the flag and the nearest batch", () => {
  const options = optionsWith({ batch: 12, refineBatch: 8, priorBatch: 4 });
  const { batch, refineBatch, priorBatch } = partOf(options, { size: 4 });
  assertEquals([batch, refineBatch, priorBatch], [3, 2, 1]);
  assertEquals(partOf(options, { size: 1 }), options);
  const message = "--refine-batch 8 is no multiple of the 3 ranks, which take equal parts of each batch; " +
    "use --refine-batch 9, or another number of ranks";
  assertThrows(() => partOf(options, { size: 3 }), UserError, message);
  assertEquals(partOf({ ...options, refineIterations: 0, priorIterations: 0 }, { size: 3 }).batch, 4);
});

Deno.test("ofRank: the GPU of the rank's number on its host; cores shared by those that share them", () => {
  const gpu = { ...optionsWith({ batch: 8, refineBatch: 8, priorBatch: 8 }), device: "cuda:1" as const };
  assertEquals(ofRank(gpu, rank({ size: 4, rank: 3, localRank: 1 })).device, "cuda:2");
  assertEquals(ofRank(gpu, solo()).device, "cuda:1");
  const cores = navigator.hardwareConcurrency, cpu = { ...gpu, device: "cpu" as const };
  assertEquals(ofRank(cpu, rank({ size: 2, sharingCores: 1 })).threads, cores);
  assertEquals(ofRank(cpu, rank({ size: 2, sharingCores: 2 * cores })).threads, 1);
  assertEquals(ofRank({ ...cpu, threads: 3 }, rank({ size: 2, sharingCores: 2 })).threads, 3);
});

Deno.test("checkVersions: another version on a rank is told by number", () => {
  checkVersions(solo());
  const gather = <T>(own: T): T[] => [own, own instanceof Float64Array ? own : new TextEncoder().encode("9.9.9") as T];
  assertThrows(
    () => checkVersions(rank({ size: 2, gather })),
    UserError,
    `rank 1 runs version 9.9.9 of this program, rank 0 version ${VERSION}`,
  );
});
