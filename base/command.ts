/**
 * Commands described by one zod object: the schema parses and checks the flags, and writes `--help`.
 *
 * A key `refineBatch` is the flag `--refine-batch`; its `.describe()` text is the help line, its default is shown.
 */
import { parseArgs } from "@std/cli/parse-args";
import { fromFileUrl, resolve } from "@std/path";
import { closestString } from "@std/text/closest-string";
import { z } from "zod";
import { messageFor, UserError } from "./errors.ts";
import { distinctIssues } from "./issues.ts";
import { print, tell } from "./output.ts";

export { print };

/** Folder of `deno.json`, in which `deno task` starts commands, wherever the person who calls it stands. */
const PROJECT = resolve(fromFileUrl(new URL("../", import.meta.url)));

/** A command line program. */
export interface Command<Schema extends z.ZodObject = z.ZodObject> {
  /** How it is called, e.g. `deno task data convert`. */
  readonly name: string;
  /** What it does, in a sentence or a short paragraph. */
  readonly summary: string;
  /** Positional arguments in order, e.g. `["<file or folder>"]`; a name in `[brackets]` may be left out. */
  readonly positionals?: readonly string[];
  /** Every flag, with a description and usually a default. */
  readonly options: Schema;
  /** Headings of `--help` by the option that each stands above, in the order of the options. */
  readonly headings?: Readonly<Record<string, string>>;
  /** One-letter flags, e.g. `{ i: "index" }`. */
  readonly alias?: Readonly<Record<string, string>>;
  /** Command lines with what they do, shown at the end of `--help`. */
  readonly examples?: readonly (readonly [line: string, meaning: string])[];
  /** Does the work. Throw a {@link UserError} for anything the user can mend. */
  run(options: z.output<Schema>, positionals: string[]): void | Promise<void>;
}

/** Flags as given, by option key, before defaults: `given` holds only what was on the command line. */
export interface Flags {
  /** Values by option key, numbers where the schema wants them, unchecked otherwise. */
  given: Record<string, unknown>;
  /** What stood there without a flag, in order. */
  positionals: string[];
  /** Whether `--help` or `-h` was among them. */
  help: boolean;
}

/** An option of several words: `--with bed,table`, or the flag given several times. */
export const WORD_LIST: z.ZodOptional<z.ZodType<string[]>> = z.preprocess(
  (value) => [value].flat().flatMap((part) => typeof part === "string" ? part.split(",") : part),
  z.array(z.string().trim().min(1)),
).optional();

interface Property {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  items?: Property;
  anyOf?: readonly Property[];
}

/** The flag of an option, without dashes in front: `refine-batch` of `refineBatch`. */
export function flagOf(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** A word as a POSIX shell takes it. */
export function shellWord(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

function propertiesOf(schema: z.ZodObject): [key: string, property: Property][] {
  const json = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" }) as {
    properties?: Record<string, Property>;
  };
  return Object.entries(json.properties ?? {});
}

/** Reads flags by the schema's types without applying defaults. @throws {UserError} on an unknown or empty flag. */
export function parseFlags(
  schema: z.ZodObject,
  args: readonly string[],
  alias: Readonly<Record<string, string>> = {},
): Flags {
  const properties = propertiesOf(schema);
  const flags = new Map(properties.map(([key, property]) => [flagOf(key), { key, property }]));
  const booleans = [...flags].filter(([, { property }]) => property.type === "boolean").map(([flag]) => flag);
  const parsed = parseArgs(joinNegatives(args, [...flags.keys()].filter((flag) => !booleans.includes(flag))), {
    string: ["_", ...[...flags.keys()].filter((flag) => !booleans.includes(flag))],
    boolean: [...booleans, "help"],
    negatable: booleans,
    collect: [...flags].filter(([, { property }]) => property.type === "array").map(([flag]) => flag),
    alias: { h: "help", ...alias },
    unknown: (argument, key) => {
      if (key === undefined) return true;
      const known = [...flags.keys(), "help"];
      throw new UserError(`unknown option ${argument}; did you mean --${closestString(key, known)}? See --help`);
    },
  });
  const given: Record<string, unknown> = {};
  for (const [flag, { key, property }] of flags) {
    const value = parsed[flag];
    const written = args.some((arg) =>
      arg === `--${flag}` || arg.startsWith(`--${flag}=`) || arg === `--no-${flag}` ||
      Object.entries(alias).some(([short, long]) =>
        long === flag && (arg === `-${short}` || arg.startsWith(`-${short}=`))
      )
    );
    if (!written) continue;
    if (value === "" || value === undefined) throw new UserError(`--${flag} needs a value; see --help`);
    given[key] = Array.isArray(value) ? value.map((item) => convert(item, property.items)) : convert(value, property);
  }
  return { given, positionals: parsed._.map(String), help: parsed.help === true };
}

/** `--flag -1` as `--flag=-1`, lest the number be taken for a flag. */
function joinNegatives(args: readonly string[], flags: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of args) {
    const before = joined.at(-1);
    if (before !== undefined && /^-\.?\d/.test(arg) && before.startsWith("--") && flags.includes(before.slice(2))) {
      joined[joined.length - 1] = `${before}=${arg}`;
    } else joined.push(arg);
  }
  return joined;
}

/** Text to number where the schema wants one and the text is one; the schema itself complains about the rest. */
function convert(value: unknown, property: Property | undefined): unknown {
  const types = [property, ...property?.anyOf ?? []].map((each) => each?.type);
  const numeric = types.includes("number") || types.includes("integer");
  return typeof value === "string" && numeric && value.trim() !== "" && !Number.isNaN(Number(value))
    ? Number(value)
    : value;
}

/** Checks values against the schema. @throws {UserError} that names each bad option, its value and what is expected. */
export function parseOptions<Schema extends z.ZodObject>(
  schema: Schema,
  values: Record<string, unknown>,
): z.output<Schema> {
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const problems = distinctIssues(result.error).map((issue) => {
    const key = String(issue.path[0] ?? "");
    if (key === "") return issue.message;
    const value = values[key];
    return value === undefined
      ? `--${flagOf(key)} is required`
      : `--${flagOf(key)} ${JSON.stringify(Array.isArray(value) ? value.join(",") : value)}: ${issue.message}`;
  });
  throw new UserError([...new Set(problems)].join("; "));
}

/** The text of `--help`. */
export function helpText(command: Command): string {
  const usage = [command.name, ...command.positionals ?? [], "[options]"].join(" ");
  const aliases = Object.entries(command.alias ?? {});
  const { headings = {} } = command;
  const rows = propertiesOf(command.options).map(([key, property]) => {
    const flag = flagOf(key);
    const short = aliases.find(([, long]) => long === flag)?.[0];
    const values = property.enum?.join("|") ?? property.items?.enum?.join("|");
    const value = property.type === "boolean" ? "" : ` <${values ?? kindOf(property)}>`;
    const shown = property.default === undefined || property.default === false
      ? ""
      : ` [${JSON.stringify(property.default)}]`;
    return {
      heading: Object.hasOwn(headings, key) ? headings[key] : undefined,
      left: `  ${short ? `-${short}, ` : ""}--${flag}${value}`,
      right: `${property.description ?? ""}${shown}`,
    };
  });
  rows.unshift({ heading: "Options", left: "  -h, --help", right: "show this help" });
  const width = Math.min(36, Math.max(...rows.map(({ left }) => left.length)) + 2);
  const lines = rows.flatMap(({ heading, left, right }) => [
    ...heading === undefined ? [] : ["", `${heading}:`],
    left.length >= width ? `${left}\n${" ".repeat(width)}${right}` : left.padEnd(width) + right,
  ]);
  const examples = (command.examples ?? []).flatMap(([line, meaning]) => [`  ${line}`, `      ${meaning}`]);
  return [
    command.summary,
    "",
    `Usage: ${usage}`,
    ...lines,
    ...(examples.length ? ["", "Examples:", ...examples] : []),
    "",
  ].join("\n");
}

function kindOf(property: Property): string {
  if (property.type === "array") return kindOf(property.items ?? {});
  return property.type === "integer" ? "n" : property.type === "number" ? "number" : "text";
}

/** Parses the arguments, runs the command, and turns errors into one clear line and exit code 1. */
export async function runCommand<Schema extends z.ZodObject>(
  command: Command<Schema>,
  args: readonly string[],
): Promise<void> {
  await reportErrors(async () => {
    const { given, positionals, help } = parseFlags(command.options, args, command.alias);
    if (help) return print(helpText(command));
    const wanted = command.positionals ?? [];
    const required = wanted.filter((name) => !name.startsWith("[")).length;
    const variadic = wanted.at(-1)?.includes("...") ?? false;
    if (positionals.length < required) throw new UserError(`${wanted[positionals.length]} is missing; see --help`);
    if (positionals.length > wanted.length && !variadic) {
      throw new UserError(`unexpected argument ${JSON.stringify(positionals[wanted.length])}; see --help`);
    }
    await command.run(parseOptions(command.options, given), positionals);
  });
}

/** Picks one of several commands by the first argument, as in `deno task data inspect …`. */
export async function runCommands(
  name: string,
  summary: string,
  commands: Readonly<Record<string, Command>>,
  args: readonly string[],
): Promise<void> {
  const [word, ...rest] = args;
  if (word !== undefined && Object.hasOwn(commands, word)) return await runCommand(commands[word], rest);
  const names = Object.keys(commands);
  const width = Math.max(...names.map((each) => each.length)) + 2;
  const list = names.map((each) => `  ${each.padEnd(width)}${commands[each].summary.split("\n")[0]}`).join("\n");
  await reportErrors(() => {
    if (word !== undefined && word !== "--help" && word !== "-h") {
      throw new UserError(
        `unknown command ${JSON.stringify(word)}; did you mean ${closestString(word, names)}? ` +
          `There are: ${names.join(", ")}`,
      );
    }
    print(
      `${summary}\n\nUsage: ${name} <command> [options]\n\nCommands:\n${list}\n\nEach command explains itself with --help.\n`,
    );
    if (word === undefined) Deno.exitCode = 1;
  });
}

/**
 * Runs `work`; an error that has something to say to people becomes one line on stderr, anything else, or everything
 * where FCR_STACK is set, keeps its stack. Sets exit code 1.
 */
async function reportErrors(work: () => void | Promise<void>): Promise<void> {
  try {
    enterCallersFolder();
    await work();
  } catch (error) {
    Deno.exitCode = 1;
    tell(errorText(error) + "\n");
  }
}

/** What a person is told of an error that ends a program: one line if there is something to do, else its stack. */
export function errorText(error: unknown): string {
  const message = showsStacks() ? null : messageFor(error);
  if (message !== null) return `error: ${message}`;
  return error instanceof Error ? error.stack ?? error.message : String(error);
}

/**
 * Goes to the folder in which `deno task` was called, which it tells in `INIT_CWD`, so that paths are those that the
 * caller sees. Does nothing where `deno task` did not start the command in the project's folder.
 */
function enterCallersFolder(): void {
  if (Deno.permissions.querySync({ name: "env", variable: "INIT_CWD" }).state !== "granted") return;
  const caller = Deno.env.get("INIT_CWD");
  if (caller && resolve(Deno.cwd()) === PROJECT) Deno.chdir(caller);
}

function showsStacks(): boolean {
  const permitted = Deno.permissions.querySync({ name: "env", variable: "FCR_STACK" }).state === "granted";
  return permitted && Deno.env.has("FCR_STACK");
}
