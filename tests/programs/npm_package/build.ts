/** The sources as an npm package: every file by itself, so that workers and data lie where the program looks for them. */
import { dirname, join } from "@std/path";
import ts from "typescript";
import { UserError } from "../../../base/errors.ts";
import { exists, makeFolder } from "../../../base/files.ts";
import { ROOT } from "../../helpers/task.ts";
import { packagedSpecifier } from "./specifiers.ts";

/** Folders of the product. */
const ROOMS = ["base", "data", "doctor", "eval", "ffi", "models", "nn", "run", "train", "types", "viz"];
const TEXTS = ["README.md", "CHANGELOG.md", "LICENSE"];
/** Of the npm package `deno`, which runs the command where no Deno is installed. */
const DENO_VERSION = "^2.9.0";
const COMMAND = "fcr-alpha-gan";
/** What Node needs before anything of the program runs: its name inside the package, its source, its place there. */
const PLATFORM = "#platform", PLATFORM_SOURCE = "tests/programs/npm_package/node_platform.ts", NODE_FILE = "node.js";
/** In its place under Deno. */
const EMPTY_FILE = "deno.js";

interface Project {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
}

/** Makes the package in `out`, which is replaced, and returns the folder. @throws {UserError} if that is no package. */
export async function buildPackage(out: string): Promise<string> {
  const project: Project = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  await clear(out, project.name);
  const dependencies = new Map<string, string>();
  const sources: string[] = [];
  for (const path of ["mod.ts", ...TEXTS, ...await productFiles()]) {
    if (/(?<!\.d)\.ts$/.test(path)) sources.push(path);
    else await copy(path, join(out, path));
  }
  const specifierOf = (specifier: string) => {
    const { specifier: packaged, dependency } = packagedSpecifier(specifier, project.imports);
    if (dependency) dependencies.set(dependency.name, dependency.version);
    return packaged;
  };
  const built = await emitted([...sources, PLATFORM_SOURCE], specifierOf);
  const platform = PLATFORM_SOURCE.replace(/\.ts$/, "");
  built.set(NODE_FILE, built.get(`${platform}.js`)!).set(EMPTY_FILE, "export {};\n");
  for (const ending of [".js", ".d.ts"]) built.delete(platform + ending);
  const doors = Object.values(project.exports).map((path) => path.slice("./".length).replace(/\.ts$/, ".js"));
  for (const [path, text] of built) {
    const target = join(out, path), starts = doors.includes(path) || /_?worker\.js$/.test(path);
    await makeFolder(dirname(target));
    await Deno.writeTextFile(target, starts ? `import "${PLATFORM}";\n${text}` : text);
  }
  await Deno.writeTextFile(join(out, "cli.mjs"), cliText(project));
  await Deno.writeTextFile(join(out, "package.json"), packageJson(project, dependencies));
  return out;
}

/** Removes the package of an earlier call. @throws {UserError} if the folder holds anything else. */
async function clear(out: string, name: string): Promise<void> {
  if (await exists(out)) {
    const text = await Deno.readTextFile(join(out, "package.json")).catch(() => "");
    const empty = (await Array.fromAsync(Deno.readDir(out))).length === 0;
    if (!empty && !text.includes(`"name": "${name}"`)) {
      throw new UserError(`${out} holds something else than ${name}; name another folder`);
    }
    await Deno.remove(out, { recursive: true });
  }
  await makeFolder(out);
}

/** Files of the product that git knows or would, relative to the project. */
async function productFiles(): Promise<string[]> {
  const args = ["ls-files", "--cached", "--others", "--exclude-standard", ...ROOMS];
  const { code, stdout } = await new Deno.Command("git", { args, cwd: ROOT }).output();
  if (code !== 0) throw new UserError("git does not know the project's files; build the package in a clone");
  return new TextDecoder().decode(stdout).trim().split("\n");
}

async function copy(path: string, target: string): Promise<void> {
  await makeFolder(dirname(target));
  await Deno.copyFile(join(ROOT, path), target);
}

/**
 * JavaScript and declarations of all sources, by path in the package. Types of packages are not looked up: declarations
 * name them as the sources do. `using` is written out, which Node 22 does not know yet.
 */
async function emitted(sources: readonly string[], specifierOf: (specifier: string) => string) {
  const files = new Map<string, string>();
  const { stdout } = await new Deno.Command(Deno.execPath(), { args: ["types"] }).output();
  const denoTypes = "deno.d.ts", library = new TextDecoder().decode(stdout);
  const options: ts.CompilerOptions = {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    allowImportingTsExtensions: true,
    declaration: true,
    lib: ["lib.esnext.d.ts"],
    rootDir: ROOT,
    outDir: "/",
  };
  const host = ts.createCompilerHost(options), read = host.getSourceFile;
  host.getSourceFile = (name, ...rest) =>
    name === denoTypes ? ts.createSourceFile(name, library, ts.ScriptTarget.ESNext) : read(name, ...rest);
  const program = ts.createProgram([...sources.map((path) => join(ROOT, path)), denoTypes], options, host);
  const rewrite = rewriting(specifierOf);
  program.emit(undefined, (path, text) => files.set(path.replace(/^\//, ""), text), undefined, false, {
    before: [rewrite],
    afterDeclarations: [rewrite as ts.TransformerFactory<ts.SourceFile | ts.Bundle>],
  });
  return files;
}

/** Renames what modules import and export from, and files named by `new URL("./…", import.meta.url)`. */
function rewriting(specifierOf: (specifier: string) => string): ts.TransformerFactory<ts.SourceFile> {
  return (context) => (file) => {
    const { factory } = context;
    const renamed = (node: ts.Expression) =>
      ts.isStringLiteral(node) ? factory.createStringLiteral(specifierOf(node.text)) : node;
    const visit = (node: ts.Node): ts.Node => {
      if (ts.isImportDeclaration(node)) {
        const { modifiers, importClause, moduleSpecifier, attributes } = node;
        return factory.updateImportDeclaration(node, modifiers, importClause, renamed(moduleSpecifier), attributes);
      }
      if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
        const { modifiers, isTypeOnly, exportClause, moduleSpecifier, attributes } = node,
          name = renamed(moduleSpecifier);
        return factory.updateExportDeclaration(node, modifiers, isTypeOnly, exportClause, name, attributes);
      }
      if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
        const [specifier, ...rest] = node.arguments;
        return factory.updateCallExpression(node, node.expression, undefined, [renamed(specifier), ...rest]);
      }
      if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === "URL") {
        const [path, ...rest] = node.arguments ?? [];
        if (path) return factory.updateNewExpression(node, node.expression, undefined, [renamed(path), ...rest]);
      }
      if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
        const { argument, attributes, qualifier, typeArguments, isTypeOf } = node;
        const literal = factory.createLiteralTypeNode(
          renamed(argument.literal as ts.StringLiteral) as ts.StringLiteral,
        );
        return factory.updateImportTypeNode(node, literal, attributes, qualifier, typeArguments, isTypeOf);
      }
      return ts.visitEachChild(node, visit, context);
    };
    return ts.visitEachChild(file, visit, context);
  };
}

function packageJson(project: Project, dependencies: ReadonlyMap<string, string>): string {
  const { name, version, license } = project;
  const built = (path: string) => path.replace(/\.ts$/, "");
  const exports = Object.entries(project.exports).map(([door, path]) =>
    [door, { types: `${built(path)}.d.ts`, default: `${built(path)}.js` }] as const
  );
  return JSON.stringify(
    {
      ...{ name, version, license, type: "module" },
      exports: Object.fromEntries(exports),
      imports: { [PLATFORM]: { deno: `./${EMPTY_FILE}`, default: `./${NODE_FILE}` } },
      bin: { [COMMAND]: "cli.mjs" },
      dependencies: { ...Object.fromEntries([...dependencies].sort()), deno: DENO_VERSION },
    },
    null,
    2,
  );
}

/** The command: a task of deno.json, with its permissions, by the Deno that npm installed. */
function cliText({ tasks }: Project): string {
  const programs = Object.entries(tasks).flatMap(([name, { command }]) => {
    const [deno, run, ...words] = command.split(" ");
    const outside = words.some((word) => word.startsWith("tests/"));
    return deno === "deno" && run === "run" && !outside
      ? [[name, words.map((word) => word.replace(/\.ts$/, ".js"))] as const]
      : [];
  });
  return `#!/usr/bin/env node
// The tasks of the project: ${COMMAND} train is deno task train.
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

const TASKS = ${JSON.stringify(Object.fromEntries(programs), null, 2)};
const [task, ...rest] = process.argv.slice(2);
if (!Object.hasOwn(TASKS, task ?? "")) {
  const known = Object.keys(TASKS).join(", ");
  console.error(\`Usage: ${COMMAND} <task> [options]\\nTasks: \${known}. Each explains itself with --help.\`);
  process.exit(1);
}
const deno = createRequire(import.meta.url).resolve("deno/bin.cjs");
const words = TASKS[task].map((word) => word.endsWith(".js") ? fileURLToPath(new URL(word, import.meta.url)) : word);
const args = [deno, "run", "--no-prompt", "--quiet", "--unstable-bundle", ...words, ...rest];
// Ctrl-C reaches the program, which saves and ends; this process waits for it.
process.on("SIGINT", () => {});
const { status } = spawnSync(process.execPath, args, { stdio: "inherit" });
process.exit(status ?? 1);
`;
}
