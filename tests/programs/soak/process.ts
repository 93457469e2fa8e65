/** What a process holds, as Linux tells it. */

/** A look at a process. */
export interface ProcessSample {
  /** Milliseconds since the first look. */
  readonly milliseconds: number;
  /** Memory that is in RAM, in bytes. */
  readonly residentBytes: number;
  /** Open files, sockets and pipes. */
  readonly handles: number;
}

/** Looks at a process until it is gone; null from then on. Linux only. */
export async function sampleProcess(pid: number, started: number): Promise<ProcessSample | null> {
  try {
    const status = await Deno.readTextFile(`/proc/${pid}/status`);
    const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (kibibytes === undefined) return null; // it is ending
    let handles = 0;
    for await (const _ of Deno.readDir(`/proc/${pid}/fd`)) handles++;
    return { milliseconds: performance.now() - started, residentBytes: 1024 * Number(kibibytes), handles };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** Slope of the least-squares line through points, in units of y per unit of x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const count = points.length;
  const meanX = points.reduce((sum, [x]) => sum + x, 0) / count,
    meanY = points.reduce((sum, [, y]) => sum + y, 0) / count;
  const covariance = points.reduce((sum, [x, y]) => sum + (x - meanX) * (y - meanY), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - meanX) ** 2, 0);
}
