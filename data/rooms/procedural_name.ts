/** The words for scenes that the program makes up, where a path of scenes is expected. */

/** Stands for procedural rooms. */
export const ROOMS = "rooms";

/** Stands for crops of procedural homes. */
export const HOMES = "homes";

/** Stands for scenes that the program makes up. */
export type ProceduralName = typeof ROOMS | typeof HOMES;

/** Whether the scenes that a path stands for are made up. */
export function isProcedural(path: string): path is ProceduralName {
  return path === ROOMS || path === HOMES;
}

/**
 * The scenes that a person means who wrote `path`: a file or folder of the name `rooms` comes before procedural rooms,
 * and is `./rooms` from here on, so that no later call in another folder takes it for them. The same with homes.
 */
export function scenesMeant(path: string): string {
  return isProcedural(path) && isThere(path) ? `./${path}` : path;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
