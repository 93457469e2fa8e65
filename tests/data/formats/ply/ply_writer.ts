/** Writes `.ply` files for tests. */

/** Encodings of the format. */
export const PLY_FORMATS = ["ascii", "binary_little_endian", "binary_big_endian"] as const;

/** A mesh with labels at its vertices or faces. */
export interface LabelledMesh {
  readonly vertices: readonly (readonly [x: number, y: number, z: number])[];
  readonly faces: readonly (readonly number[])[];
  /** Name of the property, and a number for each vertex or face. */
  readonly labels: { readonly of: "vertex" | "face"; readonly property: string; readonly values: readonly number[] };
}

/** The bytes of a mesh; labels are ushorts, behind a colour that nobody needs. */
export function plyBytes(
  { vertices, faces, labels: { of, property, values } }: LabelledMesh,
  format: typeof PLY_FORMATS[number],
): Uint8Array<ArrayBuffer> {
  const label = `property ushort ${property}\n`;
  const header = `ply\nformat ${format} 1.0\ncomment made up\nelement vertex ${vertices.length}\n` +
    `property float x\nproperty float y\nproperty float z\nproperty uchar red\n${of === "vertex" ? label : ""}` +
    `element face ${faces.length}\nproperty list uchar int vertex_indices\n${of === "face" ? label : ""}end_header\n`;
  const rows: [type: "float" | "uchar" | "int" | "ushort", value: number][][] = [
    ...vertices.map((corner, i) => [
      ...corner.map((value) => ["float", value] as ["float", number]),
      ["uchar", 7] as ["uchar", number],
      ...of === "vertex" ? [["ushort", values[i]] as ["ushort", number]] : [],
    ]),
    ...faces.map((corners, i) => [
      ["uchar", corners.length] as ["uchar", number],
      ...corners.map((index) => ["int", index] as ["int", number]),
      ...of === "face" ? [["ushort", values[i]] as ["ushort", number]] : [],
    ]),
  ];
  const head = new TextEncoder().encode(header);
  if (format === "ascii") {
    const text = rows.map((row) => row.map(([, value]) => value).join(" ")).join("\n") + "\n";
    return new Uint8Array([...head, ...new TextEncoder().encode(text)]);
  }
  const sizes = { float: 4, uchar: 1, int: 4, ushort: 2 };
  const length = rows.flat().reduce((sum, [type]) => sum + sizes[type], 0);
  const bytes = new Uint8Array(head.length + length), view = new DataView(bytes.buffer);
  bytes.set(head);
  const little = format === "binary_little_endian";
  let at = head.length;
  for (const [type, value] of rows.flat()) {
    if (type === "float") view.setFloat32(at, value, little);
    else if (type === "int") view.setInt32(at, value, little);
    else if (type === "ushort") view.setUint16(at, value, little);
    else view.setUint8(at, value);
    at += sizes[type];
  }
  return bytes;
}

/** A box with its faces turned outwards, as quadrangles. */
export function boxOf(
  [x0, y0, z0]: readonly number[],
  [x1, y1, z1]: readonly number[],
  label: number,
  of: "vertex" | "face",
  property = "label",
): LabelledMesh {
  const vertices = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [i & 1 ? x1 : x0, i & 2 ? y1 : y0, i & 4 ? z1 : z0] as const);
  const faces = [[0, 4, 6, 2], [1, 3, 7, 5], [0, 1, 5, 4], [2, 6, 7, 3], [0, 2, 3, 1], [4, 5, 7, 6]];
  return { vertices, faces, labels: { of, property, values: (of === "vertex" ? vertices : faces).map(() => label) } };
}

/** Several meshes as one. */
export function joined(meshes: readonly LabelledMesh[]): LabelledMesh {
  const starts = meshes.map((_, i) => meshes.slice(0, i).reduce((sum, { vertices }) => sum + vertices.length, 0));
  return {
    vertices: meshes.flatMap(({ vertices }) => vertices),
    faces: meshes.flatMap(({ faces }, i) => faces.map((face) => face.map((index) => index + starts[i]))),
    labels: { ...meshes[0].labels, values: meshes.flatMap(({ labels: { values } }) => values) },
  };
}
