/** Names as a file from elsewhere may hold them, most of them meant to lead a path astray. */
import fc from "fast-check";

const PARTS = [
  ...["..", ".", "...", "/", "\\", "//", "a", "A", "b c", " ", "C:", "~", "-rf", "con", "NUL", "com1.txt", "aux "],
  ...["\0", "\n", "\x1b[2J", "\u202e", "\ud800", "é", "e\u0301", "😀", "%2e%2e%2f", "$HOME", "*", "?", '"', "|", "#"],
  ...["classes.json", "provenance.json", "Scenevox", "x".repeat(300), ".hidden", ".npy", "labels"],
];

/** Any text, and texts of parts that have a meaning in paths. */
export const hostileNames: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join("")),
  fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join("/")),
);
