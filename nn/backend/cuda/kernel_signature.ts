/** Parameters of our kernels, read from their sources: a launch names its arguments as the `.cu` does. */
import type { ArgumentKind } from "../../../ffi/mod.ts";

/** A kernel of a source: `KERNEL(threads) name(type name, …)`. */
export interface KernelSignature {
  readonly name: string;
  /** Most threads of a block. */
  readonly threads: number;
  /** In order; names in camel case. */
  readonly parameters: readonly (readonly [name: string, kind: ArgumentKind])[];
}

const KINDS: Readonly<Record<string, ArgumentKind>> = { u32: "u32", u64: "u64", float: "f32", double: "f64" };

/** Every kernel of a source. @throws {Error} on a parameter of a type that no launch can give */
export function signaturesIn(source: string): KernelSignature[] {
  return [...source.matchAll(/^KERNEL\((\d+)\) (\w+)\(([^)]*)\)/gm)].map(([, threads, name, list]) => {
    const parameters = list.split(",").map((text) => {
      const [, type, star, parameter] = text.trim().match(/^(?:const )?(\w+) (\*?)(\w+)$/) ?? [];
      const kind = star ? "pointer" : KINDS[type];
      if (!kind) throw new Error(`kernel ${name}: parameter "${text.trim()}"`);
      return [camelCase(parameter), kind] as const;
    });
    return { name, threads: Number(threads), parameters };
  });
}

function camelCase(name: string): string {
  return name.replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
}
