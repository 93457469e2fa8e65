/**
 * An error the person at the keyboard can act on. Commands print its message as one sentence without a stack trace and
 * exit with code 1. Name the file, what was found, what was expected, and the remedy.
 */
export class UserError extends Error {
  /** Tells it from other errors where classes are not at hand. */
  override readonly name: string = "UserError";
}

/** `path: what the operating system said`, as a {@link UserError} with a remedy for the common causes. */
export function ioError(path: string, action: "read" | "write" | "list", cause: unknown): UserError {
  const reason = cause instanceof Deno.errors.NotFound
    ? "it does not exist"
    : cause instanceof Deno.errors.PermissionDenied || cause instanceof Deno.errors.NotCapable
    ? `permission denied; check that the path may be ${action === "write" ? "written" : "read"}`
    : /os error 28|No space left/.test(String(cause))
    ? "no space is left on the device; free some or choose another folder"
    : /os error 27\b|File too large/.test(String(cause))
    ? "it became larger than this session may make files; raise the limit (ulimit -f) or choose another folder"
    : cause instanceof Deno.errors.BrokenPipe || /os error 32\b/.test(String(cause))
    ? "the program that reads it has ended; let it read to the end, or write to a file"
    : /os error 30|[Rr]ead-only file system/.test(String(cause))
    ? "the file system is read-only; choose another folder"
    : cause instanceof Deno.errors.AlreadyExists
    ? "something else of that name is there; choose another name"
    : cause instanceof Deno.errors.IsADirectory || /os error 21\b/.test(String(cause))
    ? "it is a folder, a file was expected"
    : cause instanceof Deno.errors.NotADirectory || /os error 20\b/.test(String(cause))
    ? "it is a file, a folder was expected"
    : cause instanceof Error
    ? cause.message
    : String(cause);
  return new UserError(`cannot ${action} ${path}: ${reason}`, { cause });
}

/**
 * What to tell the person at the keyboard about an error: the message of a {@link UserError}, or of an error that comes
 * with a `remedy`, be it the error itself or one that caused it. Null for anything else, which is a fault of ours.
 */
export function messageFor(error: unknown): string | null {
  if (error instanceof UserError) return error.message;
  for (let each = error; each instanceof Error; each = each.cause) {
    if ("remedy" in each && typeof each.remedy === "string") return `${each.message}; ${each.remedy}`;
  }
  return null;
}
