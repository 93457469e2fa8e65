/** Results of `deno test --reporter=tap`, which come line by line: what a crash cuts off is only what came after it. */

/** One test that came to an end. */
export interface TapTest {
  readonly name: string;
  readonly outcome: "passed" | "failed" | "skipped";
  /** Why it failed, without colours; "" otherwise. */
  readonly message: string;
}

/** The tests in the output of the reporter; other lines are passed over. */
export function parseTap(output: string): TapTest[] {
  const tests: TapTest[] = [], lines = output.split("\n");
  lines.forEach((line, i) => {
    const [, not, name, directive] = /^(not )?ok \d+ - (.*?)( # SKIP)?$/.exec(line) ?? [];
    if (name === undefined) return;
    const outcome = directive ? "skipped" : not ? "failed" : "passed";
    const message = not && lines[i + 1]?.trim() === "---" ? messageOf(lines[i + 2] ?? "") : "";
    tests.push({ name: name.replaceAll("\\#", "#"), outcome, message });
  });
  return tests;
}

function messageOf(json: string): string {
  try {
    const { message } = JSON.parse(json) as { message?: unknown };
    return withoutColours(String(message ?? ""));
  } catch {
    return withoutColours(json.trim());
  }
}

/** Text without the escape sequences that colour it. */
export function withoutColours(text: string): string {
  // deno-lint-ignore no-control-regex
  return text.replaceAll(/\u001b\[[0-9;]*m/g, "");
}
