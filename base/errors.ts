import { ioReason } from "./io_reason.ts";

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
  return new UserError(`cannot ${action} ${path}: ${ioReason(action, cause)}`, { cause });
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
