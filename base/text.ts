/** Words in sentences for people. */

/** `1 scene`, `2 scenes`, `3 meshes`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : /(s|sh|ch|x)$/.test(noun) ? "es" : "s"}`;
}
