/** Wavefront `.obj` files: triangles by object, group and material. */
import { FormatError } from "../../../base/byte_reader.ts";
import { triangulate } from "./polygon.ts";
import { type MeshPart, MOST_TRIANGLES, type PartName, tooManyTriangles } from "./mesh_part.ts";

/** Most corners of a face; one that crosses itself takes a millisecond for every ten or so. */
const MOST_CORNERS = 10_000;

/**
 * Reads the faces of a file; those of more than three corners are cut into triangles, concave ones too. Curves, lines,
 * points, normals, textures and the material library are passed over: materials count by their names.
 *
 * Written here since the readers at hand lose faces: three.js's drops those of an object that has a line in it and reads
 * numbers that are none without a word.
 *
 * Format: Wavefront, "Advanced Visualizer" manual, appendix B1.
 *
 * @throws {FormatError} naming the line of a corner that is none.
 */
export function readObj(bytes: Uint8Array): MeshPart[] {
  const vertices: number[] = [], parts = new Map<string, { names: PartName[]; corners: number[] }>();
  let object = "", groups = "", material = "", lineNumber = 0, triangles = 0, continued = "";
  let current: number[] | null = null;
  const lines = decodeText(bytes).split(/\r\n?|\n/);
  for (const line of lines) {
    lineNumber++;
    const isContinued = goesOn(line), part = isContinued ? line.trimEnd().slice(0, -1) + " " : line;
    if (isContinued && lineNumber < lines.length) {
      continued += part;
      continue;
    }
    const words = wordsOf(continued + part), [keyword] = words;
    const name = words.slice(1).join(" ");
    continued = "";
    if (keyword === "v") vertices.push(...coordinates(words, lineNumber));
    else if (keyword === "o") object = name;
    else if (keyword === "g") groups = name;
    else if (keyword === "usemtl") material = name;
    else if (keyword === "f") {
      current ??= partOf(parts, object, groups, material);
      addFace(current, words, vertices, lineNumber);
      triangles += words.length - 3; // at least as many as it became
      if (triangles > MOST_TRIANGLES) throw tooManyTriangles();
      continue;
    } else continue;
    if (keyword !== "v") current = null;
  }
  return [...parts.values()].map(({ names, corners }) => ({ names, corners: Float64Array.from(corners) }));
}

/** Whether a line goes on in the next; a comment, which may well end with the path of a folder, does not. */
function goesOn(line: string): boolean {
  return line.includes("\\") && line.trimEnd().endsWith("\\") && !line.trimStart().startsWith("#");
}

/** UTF-8, or UTF-16 by its byte order mark or by the zeros of its first character. */
function decodeText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  const encoding = first === 0xfe && second === 0xff || first === 0 && second > 0
    ? "utf-16be"
    : first === 0xff && second === 0xfe || first > 0 && second === 0
    ? "utf-16le"
    : "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}

/** The words of a line. Behind numbers a comment may follow; a name may have the mark in it: `Material #25`. */
function wordsOf(line: string): string[] {
  const mark = line.indexOf("#");
  return (mark > 0 && /^\s*[vf]\s/.test(line) ? line.slice(0, mark) : line).trim().split(/\s+/);
}

function partOf(
  parts: Map<string, { names: PartName[]; corners: number[] }>,
  object: string,
  groups: string,
  material: string,
): number[] {
  const key = [object, groups, material].join("\n"), known = parts.get(key);
  if (known) return known.corners;
  // A face may be in several groups at once: `g seat wooden`.
  const names: PartName[] = [...groups.split(" "), object].map((text) => ({ kind: "object", text }));
  names.push({ kind: "material", text: material });
  const part = { names: names.filter(({ text }) => text !== ""), corners: [] };
  parts.set(key, part);
  return part.corners;
}

function coordinates(words: readonly string[], line: number): number[] {
  const numbers = words.slice(1, 4).map(Number);
  if (numbers.length === 3 && numbers.every(Number.isFinite)) return numbers;
  throw new FormatError(`line ${line}: expected a vertex of three numbers, found "${shorten(words)}"`);
}

function addFace(corners: number[], words: readonly string[], vertices: readonly number[], line: number): void {
  const count = vertices.length / 3;
  const indices = words.slice(1).map((word) => {
    const index = Number(word.split("/")[0]), at = index < 0 ? count + index : index - 1;
    if (Number.isInteger(index) && at >= 0 && at < count) return at;
    throw new FormatError(`line ${line}: the face names vertex ${word.slice(0, 40)}, there are ${count} so far`);
  });
  if (indices.length < 3 || indices.length > MOST_CORNERS) {
    throw new FormatError(`line ${line}: a face of ${indices.length} corners, expected 3 to ${MOST_CORNERS}`);
  }
  const order = indices.length === 3
    ? indices
    : triangulate(indices.flatMap((at) => vertices.slice(3 * at, 3 * at + 3))).map((corner) => indices[corner]);
  for (const at of order) corners.push(vertices[3 * at], vertices[3 * at + 1], vertices[3 * at + 2]);
}

function shorten(words: readonly string[]): string {
  return words.join(" ").slice(0, 60);
}
