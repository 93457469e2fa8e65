/** Words in sentences for people. */
import { format } from "@std/fmt/bytes";

/** `1 scene`, `2 scenes`, `3 meshes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : /(s|sh|ch|x)$/.test(noun) ? "es" : "s"}`;
}

/** Memory: `5.4 GiB`. */
export function memorySize(bytes: number): string {
  return format(bytes, { binary: true, maximumFractionDigits: 1 });
}
