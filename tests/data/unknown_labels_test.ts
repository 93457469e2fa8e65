import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { PAPER_CLASSES, UNKNOWN_LABEL } from "../../data/classes.ts";
import { encodeNpy, type NpyData } from "../../data/formats/npy.ts";
import { toLabels } from "../../data/labels.ts";
import { openScenes } from "../../data/scenes/open.ts";
import { withUnknown } from "../../data/unknown_labels.ts";
import { unknownSchema } from "../../data/unknown_schema.ts";
import { npyBytes } from "../helpers/npy_bytes.ts";
import { TemporaryFolder } from "../helpers/temporary_folder.ts";

Deno.test("unknownSchema, withUnknown: labels, and the class that they become, unknown unless it is named", () => {
  assertEquals(withUnknown(PAPER_CLASSES, "254").unknown, { 254: 255 });
  assertEquals(withUnknown(PAPER_CLASSES, "255 as empty").unknown, { 255: 0 });
  assertEquals(withUnknown(PAPER_CLASSES, "-1, 254,255 as wall").unknown, { [-1]: 3, 254: 3, 255: 3 });
  for (const text of ["", "x", "255 as", "as wall", "1.5", "255;254"]) {
    assertEquals(unknownSchema.safeParse(text).success, false, text);
  }
  assertThrows(() => withUnknown(PAPER_CLASSES, "255 as roof"), UserError, 'no class "roof", only empty, ceiling');
  assertThrows(() => withUnknown(PAPER_CLASSES, "3"), UserError, "3 is the label of the class wall");
});

Deno.test("toLabels: 255 is unknown, other labels become what is said, and the rest is refused with the remedy", () => {
  const plain: NpyData[] = [Uint8Array.of(2, 255), Float64Array.of(2, 255), BigUint64Array.of(2n, 255n)];
  for (const data of plain) assertEquals(toLabels(data, "a.npy"), Uint8Array.of(2, UNKNOWN_LABEL));
  const also = withUnknown(PAPER_CLASSES, "254,-1");
  assertEquals(toLabels(Int16Array.of(254, 2, 255, -1), "a.npy", undefined, also), Uint8Array.of(255, 2, 255, 255));
  const classes = withUnknown(PAPER_CLASSES, "255,300,-1 as objs");
  const all: NpyData[] = [
    Int16Array.of(2, 255, 300, -1),
    Float32Array.of(2, 255, 300, -1),
    BigInt64Array.of(2n, 255n, 300n, -1n),
  ];
  for (const data of all) assertEquals(toLabels(data, "a.npy", undefined, classes), Uint8Array.of(2, 11, 11, 11));
  assertEquals(toLabels(Uint8Array.of(2, 255), "a.npy", undefined, classes), Uint8Array.of(2, 11));
  assertThrows(
    () => toLabels(Uint8Array.of(255, 254, 12, 254), "a.npy", undefined, classes),
    UserError,
    '--unknown 12,254, which leaves it out of losses and measures, or --unknown "12,254 as <class>"',
  );
  // What is no list of labels gets no such advice.
  for (const data of [Float32Array.of(0.5, 255), Uint8Array.from({ length: 99 }, (_, i) => i)]) {
    const { message } = assertThrows(() => toLabels(data, "a.npy"), UserError);
    assertEquals(message.includes("--unknown"), false, message);
  }
});

Deno.test("openScenes: unknown labels in single files, stacks of either order, and renumbered ones", async () => {
  await using folder = await TemporaryFolder.make();
  const shape = [16, 16, 16], data = new Uint8Array(4096).fill(254, 100).fill(255, 4000);
  await folder.write("one/a.npy", encodeNpy({ dtype: "uint8", shape, data }));
  const two = new Uint8Array(8192).fill(254, 100, 4096).fill(255, 4000, 4096);
  await folder.write("stack/a.npy", encodeNpy({ dtype: "uint8", shape: [2, ...shape], data: two }));
  await folder.write("fortran/a.npy", npyBytes({ dtype: "uint8", shape: [1, ...shape], data }, { fortranOrder: true }));
  for (const name of ["one", "stack", "fortran"]) {
    using refusing = await openScenes(folder.join(name));
    await assertRejects(() => refusing.read(0), UserError, "label 254");
    using source = await openScenes(folder.join(name), { unknownLabels: "254 as wall" });
    assertEquals((await source.read(0)).reduce((sum, label) => sum + label), 3 * 3900 + 255 * 96, name);
    assertEquals((await source.provenance()).options.unknown, "254 as wall");
  }
  // Labels 0 and 1 in the file are 1 and 0 in the pipeline, where "free" is the empty class.
  const classes = { names: ["free", "full"], palette: PAPER_CLASSES.palette.slice(0, 2) };
  const renumbered = { classes, renumber: Uint8Array.of(1, 0) };
  using source = await openScenes(folder.join("one"), { ...renumbered, unknownLabels: "254 as free" });
  const labels = await source.read(0);
  assertEquals([labels[0], labels[100], labels[4095]], [1, 0, UNKNOWN_LABEL]);
});
