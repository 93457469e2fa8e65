/** How much of its fair share of a busy machine a training keeps. */
import { cpuUsage } from "node:process";
import type { Backend } from "../../../nn/backend/backend.ts";
import { busyProcesses } from "../../helpers/busy_processes.ts";
import { iterating } from "./iterations.ts";

/** How a training went. */
export interface Pace {
  /** Iterations that were done. */
  readonly iterations: number;
  /** Time that passed. */
  readonly seconds: number;
  /** Time on processors, of all threads. */
  readonly processorSeconds: number;
}

/** A training by itself, and beside busy processes. */
export interface FairShareRow {
  readonly alone: Pace;
  readonly beside: Pace;
}

/** What to measure beside. */
export interface FairShareOptions {
  /** Processes that compute without end, each on one thread. */
  readonly busy: number;
  /** Turns of each kind, and their length. */
  readonly turns: number;
  readonly seconds: number;
}

/** Busy processes are under way after this. */
const START_MILLISECONDS = 2000;

/** Trains the base stage of a preset, by turns alone and beside busy processes, so that neither has the better times. */
export async function benchFairShare(
  backend: Backend,
  values: Record<string, unknown>,
  { busy, turns, seconds }: FairShareOptions,
): Promise<FairShareRow> {
  using training = iterating(backend, values);
  for (let i = 0; i < 3; i++) training.iterate();
  const alone: Pace[] = [], beside: Pace[] = [];
  for (let turn = 0; turn < turns; turn++) {
    alone.push(paceOf(training.iterate, seconds));
    using _busy = busyProcesses(busy);
    await new Promise((resolve) => setTimeout(resolve, START_MILLISECONDS));
    beside.push(paceOf(training.iterate, seconds));
  }
  return { alone: sumOf(alone), beside: sumOf(beside) };
}

function paceOf(iterate: () => void, seconds: number): Pace {
  const started = performance.now(), before = cpuUsage();
  let iterations = 0;
  for (; performance.now() - started < 1000 * seconds; iterations++) iterate();
  const { user, system } = cpuUsage(before);
  return { iterations, seconds: (performance.now() - started) / 1000, processorSeconds: (user + system) / 1e6 };
}

function sumOf(paces: readonly Pace[]): Pace {
  const sum = (key: keyof Pace) => paces.reduce((total, pace) => total + pace[key], 0);
  return { iterations: sum("iterations"), seconds: sum("seconds"), processorSeconds: sum("processorSeconds") };
}

/**
 * What is kept beside `busy` processes of what would be fair: of the speed alone and of the cores' time. Fair among
 * processes: one of `busy` + 1 equal parts of the machine; among threads, as Linux shares: a part for each of `threads`.
 */
export function keptShares({ alone, beside }: FairShareRow, busy: number, threads: number, cores: number) {
  const speed = beside.iterations / beside.seconds / (alone.iterations / alone.seconds);
  const used = beside.processorSeconds / beside.seconds / cores;
  const kept = (parts: number) => {
    const fair = parts / (parts + busy); // of the machine, all of which the training has alone
    return { fair, speed: speed / fair, time: used / fair };
  };
  return { processes: kept(1), threads: kept(threads) };
}

/** Lines for people. */
export function fairShareLines(name: string, row: FairShareRow, busy: number, threads: number, cores: number): string {
  const percent = (part: number) => `${(100 * part).toFixed(0)} %`;
  const pace = ({ iterations, seconds, processorSeconds }: Pace) =>
    `${(iterations / seconds).toPrecision(3)} it/s, ${
      (processorSeconds / iterations).toPrecision(3)
    } s of the processor each`;
  const shares = Object.entries(keptShares(row, busy, threads, cores));
  return [
    `${name}: alone ${pace(row.alone)}; beside ${busy} busy processes ${pace(row.beside)}`,
    ...shares.map(([among, { fair, speed, time }]) =>
      `  of a fair ${percent(fair)} of the machine among ${among}: ${percent(speed)} by speed, ${percent(time)} by time`
    ),
  ].join("\n");
}
