import { assertEquals, assertThrows } from "@std/assert";
import { helpText, parseFlags, parseOptions } from "../../base/command.ts";
import { UserError } from "../../base/errors.ts";
import { EVAL_HEADINGS, type EvalFlags, EvalFlagsSchema, modeOf } from "../../eval/flags.ts";
import { commandOf } from "../../eval/mode.ts";
import { MODES } from "../../eval/modes/modes.ts";
import { NOISE } from "../../eval/modes/noise/noise.ts";

function parse(line: string): EvalFlags {
  return parseOptions(EvalFlagsSchema, parseFlags(EvalFlagsSchema, line.split(" ").filter(Boolean)).given);
}

Deno.test("modeOf: a flag that the mode would ignore is refused with the modes that read it", () => {
  const refused: [line: string, ...says: string[]][] = [
    ["--pairs 3", "--pairs is of no use to --mode recons", "interpolate, all"],
    ["--mode generate --path spherical", "--path", "interpolate"],
    ["--mode noise --steps 5", "--steps", "interpolate"],
    ["--mode interpolate --count 5", "--count", "recons, generate"],
    ["--mode latent --truncation 1", "--truncation", "generate, all"],
    ["--mode interpolate --no-metrics", "--metrics", "generate"],
    ["--mode noise --run a --run b", "--run a --run b", "only latent"],
  ];
  for (const [line, ...says] of refused) {
    for (const text of says) assertThrows(() => modeOf(parse(line)), UserError, text);
  }
  for (
    const line of ["", "--mode all --pairs 3 --seed 1 --truncation 2 --no-metrics", "--mode latent --run a --run b"]
  ) {
    modeOf(parse(line));
  }
});

Deno.test("EvalFlagsSchema: values out of range are refused", () => {
  const refused: [line: string, says: string][] = [
    ["--mode interpolate --pairs 1", "--pairs 1"],
    ["--mode interpolate --steps 1", "--steps 1"],
    ["--mode interpolate --path curved", '--path "curved"'],
    ["--mode generate --truncation 0", "--truncation 0"],
    ["--mode generate --truncation much", '--truncation "much"'],
    ["--mode noise --count 0", "--count 0"],
    ["--mode noise --seed -1", "--seed -1"],
  ];
  for (const [line, says] of refused) assertThrows(() => parse(line), UserError, says);
});

Deno.test("EVAL_HEADINGS: --help has each flag once, under the modes that read it", () => {
  const help = helpText({ name: "eval", summary: "", options: EvalFlagsSchema, headings: EVAL_HEADINGS, run() {} });
  const sections = help.split(/\n\n(?=[A-Z])/).map((text) => [text.split("\n")[0], text] as const);
  const readers = (flag: string) =>
    sections.filter(([, text]) => text.includes(`  ${flag} `)).map(([heading]) => heading);
  assertEquals(readers("--pairs"), ["For --mode interpolate:"]);
  assertEquals(readers("--project"), ["For --mode replay:"]);
  assertEquals(readers("--with"), ["For --mode generate, complete, extend:"]);
  assertEquals(readers("--out"), ["For every mode:"]);
});

Deno.test("commandOf: a call of everything, taken apart into the calls of its modes", () => {
  const flags = parse(
    "--mode all --count 64 --pairs 3 --seed 2 --no-metrics --out my_folder --threads 2 --run r --run q",
  );
  assertEquals(
    ["recons", "generate", "interpolate", "noise", "latent"].map((name) => {
      const mode = MODES.find((each) => each.name === name)!;
      return commandOf(mode, { root: "r", step: 9 }, mode.ofAll?.(flags) ?? flags);
    }),
    [
      "deno task eval --mode recons --run r --count 64 --out my_folder --step 9",
      "deno task eval --mode generate --run r --count 64 --seed 2 --no-metrics --out my_folder --step 9",
      "deno task eval --mode interpolate --run r --pairs 3 --out my_folder --step 9",
      "deno task eval --mode noise --run r --seed 2 --out my_folder --step 9",
      "deno task eval --mode latent --run r --run q --count 64 --out my_folder --step 9",
    ],
  );
  assertEquals(
    commandOf(NOISE, { root: "it's here", step: 1 }, parse("")),
    "deno task eval --mode noise --run 'it'\\''s here' --step 1",
  );
});
