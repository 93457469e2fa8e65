/** What an operating system said about a file, in words with a remedy. */

/** Numbers of errors for which Deno has no class on every system: POSIX's are those of Linux and macOS alike. */
const POSIX = { noSpace: [28], tooLarge: [27], noReader: [32], readOnly: [30], folder: [21], file: [20], inUse: [] };
/** `ERROR_…` of winerror.h, where numbers of POSIX mean other things. */
const WINDOWS = {
  noSpace: [39, 112],
  tooLarge: [223],
  noReader: [109, 232],
  readOnly: [19],
  folder: [],
  file: [267],
  inUse: [32, 33],
};

/** Why an action failed. `os` is that of the error. */
export function ioReason(action: "read" | "write" | "list", cause: unknown, os = Deno.build.os): string {
  const codes: Record<keyof typeof POSIX, readonly number[]> = os === "windows" ? WINDOWS : POSIX;
  const code = Number(/os error (\d+)/.exec(String(cause))?.[1]), { errors } = Deno;
  if (cause instanceof errors.NotFound) return "it does not exist";
  if (codes.inUse.includes(code)) return "another program has it open; close that one and try again";
  if (cause instanceof errors.PermissionDenied || cause instanceof errors.NotCapable) {
    // Windows refuses to open a folder in these words, too.
    const folder = os === "windows" && action !== "list" ? ", and is no folder" : "";
    return `permission denied; check that the path may be ${action === "write" ? "written" : "read"}${folder}`;
  }
  if (codes.noSpace.includes(code) || /No space left/.test(String(cause))) {
    return "no space is left on the device; free some or choose another folder";
  }
  if (codes.tooLarge.includes(code) || /File too large/.test(String(cause))) {
    return os === "windows"
      ? "it became larger than the file system allows; choose another folder"
      : "it became larger than this session may make files; raise the limit (ulimit -f) or choose another folder";
  }
  if (cause instanceof errors.BrokenPipe || codes.noReader.includes(code)) {
    return "the program that reads it has ended; let it read to the end, or write to a file";
  }
  if (codes.readOnly.includes(code) || /[Rr]ead-only file system/.test(String(cause))) {
    return "the file system is read-only; choose another folder";
  }
  if (cause instanceof errors.AlreadyExists) return "something else of that name is there; choose another name";
  if (cause instanceof errors.IsADirectory || codes.folder.includes(code)) {
    return "it is a folder, a file was expected";
  }
  if (cause instanceof errors.NotADirectory || codes.file.includes(code)) {
    return "it is a file, a folder was expected";
  }
  return cause instanceof Error ? cause.message : String(cause);
}
