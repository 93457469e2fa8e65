/** A process with a limit of time, whose output is kept however it ends. */

/** How a process ended. */
export interface EndedProcess {
  readonly code: number;
  /** Name of the signal that ended it, or null. */
  readonly signal: string | null;
  /** Whether it was still running at its limit, and was ended therefore. */
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
}

/** What {@link runLimited} starts. */
export interface LimitedProcess {
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly seconds: number;
}

/** Between asking a process to end and ending it. */
const GRACE_MILLISECONDS = 2000;
/** For output that is still on its way when the process is gone: processes that it started may hold the pipes open. */
const DRAIN_MILLISECONDS = 1000;

/** Runs `program` to its end, or to its limit. @throws {Error} of Deno if it cannot be started. */
export async function runLimited(program: string, { args, cwd, env, seconds }: LimitedProcess): Promise<EndedProcess> {
  const options = { cwd, env: { ...env }, stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const child = new Deno.Command(program, { args: [...args], ...options }).spawn();
  const outputs = [child.stdout, child.stderr].map(collect);
  let timedOut = false;
  const timers = [
    setTimeout(() => {
      timedOut = true;
      child.kill("SIGTERM");
      timers.push(setTimeout(() => child.kill("SIGKILL"), GRACE_MILLISECONDS));
    }, seconds * 1000),
  ];
  try {
    const { code, signal } = await child.status;
    const drained = Promise.all(outputs.map(({ done }) => done));
    await Promise.race([drained, new Promise((wait) => timers.push(setTimeout(wait, DRAIN_MILLISECONDS)))]);
    const [stdout, stderr] = outputs.map(({ text }) => text());
    return { code, signal, timedOut, stdout, stderr };
  } finally {
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(outputs.map(({ cancel }) => cancel()));
  }
}

/** Reads a stream as it comes. */
function collect(stream: ReadableStream<Uint8Array>) {
  const reader = stream.getReader(), decoder = new TextDecoder();
  let text = "";
  const read = async () => {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      text += decoder.decode(next.value, { stream: true });
    }
  };
  return { done: read(), text: () => text, cancel: () => reader.cancel() };
}
