/** Other programs on the machine, for tests of what may depend on who runs when. */
import { setPriority } from "node:os";

/** Keeps `count` processes busy until disposed. `niceness`: 0 for an equal share of the cores, 19 for the least. */
export function busyProcesses(count: number, niceness = 0): Disposable {
  const options: Deno.CommandOptions = { args: ["eval", "for (;;);"], stdin: "null", stdout: "null", stderr: "null" };
  const all = Array.from({ length: count }, () => new Deno.Command(Deno.execPath(), options).spawn());
  for (const { pid } of all) setPriority(pid, niceness);
  return { [Symbol.dispose]: () => all.forEach((child) => child.kill("SIGKILL")) };
}
