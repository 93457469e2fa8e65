/** Puts a finished file in the place of another. */

/**
 * Milliseconds between tries on Windows, two seconds in all: programs that look at new files, such as those that index
 * them or search for viruses, may hold both files open for a moment, and nobody can rename what they hold.
 */
const PAUSES = [10, 20, 50, 100, 200, 400, 1200];
/** ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION. */
const HELD_OPEN = /os error (5|32|33)\b/;

/** What {@link replaceFile} does it with. */
export interface Renaming {
  readonly os: typeof Deno.build.os;
  rename(from: string, to: string): Promise<void>;
}

/** Renames `from` to `to`, which vanishes if it was there. @throws {Error} Deno's, once there is no hope. */
export async function replaceFile(
  from: string,
  to: string,
  // Not before it is called: in a page, which loads this with other files, there is no Deno.
  { os, rename }: Renaming = { os: Deno.build.os, rename: Deno.rename },
): Promise<void> {
  const pauses = os === "windows" ? PAUSES : [];
  for (const pause of pauses) {
    try {
      return await rename(from, to);
    } catch (error) {
      if (!HELD_OPEN.test(String(error))) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
  await rename(from, to);
}
