/** The processes that train one model together, each with its part of every batch. */
import type { Span } from "../backend/backend.ts";

/** Numbers that ranks add up. */
export type Numbers = Float32Array | Float64Array;

/**
 * A group as one of its processes, its *ranks*, sees it. What is called a collective must be called by all ranks, in the
 * same order with arrays of the same length; results are the same bits on all of them.
 *
 * Collectives throw `UserError` if the others are not heard for longer than the group's patience.
 */
export interface Group {
  /** Number of this process, from 0. Rank 0 owns the run folder and talks to people. */
  readonly rank: number;
  /** Processes. */
  readonly size: number;
  /** Number of this process among those of its host: which GPU it takes. */
  readonly localRank: number;
  /** Processes that share the cores of this one, itself included. */
  readonly sharingCores: number;
  /** How it is called for people, e.g. `Open MPI`; "" for a process by itself. */
  readonly name: string;
  /** Seconds spent waiting in collectives so far; null where they are in the order of a GPU's work, and nobody waits. */
  readonly secondsWaited: number | null;
  /** Collectives of the engine itself; null where its numbers pass through JavaScript. */
  readonly engine: EngineCollectives | null;

  /** Collective: x = Σ over the ranks, in place. */
  allReduce(x: Numbers): void;
  /** Starts {@link allReduce}; x must be left alone until it is done. Collective. */
  startAllReduce(x: Numbers): Exchange;
  /** Collective: the arrays of all ranks, by rank. */
  gather<T extends Numbers | Uint8Array<ArrayBuffer>>(own: T): T[];
  /** Collective: x of rank 0. */
  broadcast(x: Uint8Array): void;
  /** Collective: for each flag, whether any rank has set it. */
  anyOf(...flags: readonly boolean[]): boolean[];
  /** Collective: waits for all. */
  barrier(): void;
  /** Leaves the group at the end of the work; collective. Once more does nothing. */
  finish(): void;
  /** Ends the processes of all ranks with an exit code. */
  abort(status: number): never;
}

/** Collectives on the memory of an engine, float32, in the order of its operations. */
export interface EngineCollectives {
  /** Collective: x = Σ over the ranks of `count` numbers, in place. */
  allReduce(x: Span, count: number): void;
  /** Collective: all `[ranks, count]` = own `[count]` of all ranks. */
  allGather(own: Span, all: Span, count: number): void;
  /** Starts {@link allReduce} beside the operations that follow; x must be left alone until it is waited for. */
  startAllReduce(x: Span, count: number): Exchange;
}

/** A collective under way. */
export interface Exchange {
  /** Lets it move on; true once it is done. */
  poll(): boolean;
  /** Waits until it is done. */
  wait(): void;
}

/** A process by itself. */
export function solo(): Group {
  const done: Exchange = { poll: () => true, wait: () => {} };
  return {
    ...{ rank: 0, size: 1, localRank: 0, sharingCores: 1, name: "", secondsWaited: 0, engine: null },
    allReduce: () => {},
    startAllReduce: () => done,
    gather: (own) => [own],
    broadcast: () => {},
    anyOf: (...flags) => [...flags],
    barrier: () => {},
    finish: () => {},
    abort: (status) => Deno.exit(status),
  };
}

/** Collective: a value of rank 0, which JSON can hold, on every rank. */
export function shared<T>(group: Group, value: T): T {
  if (group.size === 1) return value;
  const text = new TextEncoder().encode(JSON.stringify(value));
  const lengths = group.gather(Float64Array.of(text.length)), bytes = new Uint8Array(lengths[0][0]);
  if (group.rank === 0) bytes.set(text);
  group.broadcast(bytes);
  return JSON.parse(new TextDecoder().decode(bytes));
}

/** Collective: a text of every rank, by rank. */
export function gatherTexts(group: Group, text: string): string[] {
  const own = new TextEncoder().encode(text),
    lengths = group.gather(Float64Array.of(own.length)).map(([length]) => length);
  const padded = new Uint8Array(Math.max(...lengths));
  padded.set(own);
  return group.gather(padded).map((bytes, rank) => new TextDecoder().decode(bytes.subarray(0, lengths[rank])));
}

/** Collective: the mean over the ranks of each number; all have the same names. */
export function averaged(group: Group, values: Readonly<Record<string, number>>): Record<string, number> {
  if (group.size === 1) return { ...values };
  const sums = Float64Array.from(Object.values(values));
  group.allReduce(sums);
  return Object.fromEntries(Object.keys(values).map((name, i) => [name, sums[i] / group.size]));
}
