/** The word for procedural rooms, where a path of scenes is expected. */

/** Stands for procedural rooms. */
export const ROOMS = "rooms";

/**
 * The scenes that a person means who wrote `path`: a file or folder of the name `rooms` comes before procedural rooms,
 * and is `./rooms` from here on, so that no later call in another folder takes it for them.
 */
export function scenesMeant(path: string): string {
  return path === ROOMS && isThere(ROOMS) ? `./${ROOMS}` : path;
}

function isThere(path: string): boolean {
  try {
    Deno.statSync(path);
    return true;
  } catch {
    return false;
  }
}
