/** Times that a bench of another program left beside ours: `{variants: {name: {stages: {base: {ms, …}}}}}`. */
import { z } from "zod";
import type { PeerRow } from "./report.ts";

const Stage = z.object({ ms: z.number().optional(), max_memory_reserved_GiB: z.number().optional() });
const Peer = z.object({ variants: z.record(z.string(), z.object({ stages: z.record(z.string(), Stage).optional() })) });

/** The measured variants, those without a time left out; none if `value` is something else. */
export function peerRows(value: unknown): PeerRow[] {
  const peer = Peer.safeParse(value);
  if (!peer.success) return [];
  return Object.entries(peer.data.variants).flatMap(([variant, { stages = {} }]) =>
    Object.entries(stages).flatMap(([phase, { ms, max_memory_reserved_GiB }]): PeerRow[] =>
      ms === undefined ? [] : [{ variant, phase, milliseconds: ms, peakGibibytes: max_memory_reserved_GiB ?? null }]
    )
  );
}
