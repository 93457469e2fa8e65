/** A few hundred damaged files for each reader; `deno task test:fuzz` tries many more. */
import { assert } from "@std/assert";
import { fuzz } from "../../helpers/fuzz.ts";
import { TemporaryFolder } from "../../helpers/temporary_folder.ts";
import { fuzzedReaders } from "./readers.ts";

const MUTATIONS = 300;

for (const { name } of fuzzedReaders("")) {
  Deno.test(`reader of ${name}: ${MUTATIONS} damaged files end in a value or an error that names the file`, async () => {
    await using folder = await TemporaryFolder.make();
    const reader = fuzzedReaders(folder.path).find((each) => each.name === name)!;
    const { read, refused } = await fuzz(reader, MUTATIONS);
    assert(read > 0, "nothing was read: damage never gets beyond the first check");
    assert(refused > 0, "nothing was refused");
  });
}
