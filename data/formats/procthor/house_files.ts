/** Files of houses: `.json` (one house, or a list of them), `.jsonl` (one a line), either packed with gzip. */
import { z } from "zod";
import { FormatError } from "../../../base/byte_reader.ts";
import { ioError, UserError } from "../../../base/errors.ts";
import { parseJson } from "../../../base/json.ts";
import { type House, houseOf } from "./house.ts";

/** Longest house or list of houses, in characters; those of ProcTHOR-10K have 20 to 400 thousand. */
const MOST_CHARACTERS = 2 ** 27;

/**
 * Houses of a file in their order. Of a `.jsonl` file one at a time is in memory.
 * @throws {UserError} naming file and house if it cannot be read, is damaged, or holds something else.
 */
export async function* readHouses(path: string): AsyncGenerator<House> {
  const isLines = /\.jsonl(\.gz)?$/i.test(path);
  let number = 0;
  for await (const text of isLines ? linesOf(path) : wholeOf(path)) {
    const where = isLines ? `${path}, line ${number + 1}` : path;
    number++;
    if (text.trim() === "") continue;
    const json = parseJson(text, where, z.unknown());
    const list = Array.isArray(json) && !isLines ? json : [json];
    for (const [i, each] of list.entries()) {
      try {
        yield houseOf(each);
      } catch (error) {
        if (!(error instanceof FormatError)) throw error;
        throw new UserError(`${where}${list.length > 1 ? `, house ${i}` : ""}: ${error.message}`, { cause: error });
      }
    }
  }
}

async function* wholeOf(path: string): AsyncGenerator<string> {
  let text = "";
  for await (const piece of textOf(path)) {
    text += piece;
    if (text.length > MOST_CHARACTERS) throw tooLong(path);
  }
  yield text;
}

async function* linesOf(path: string): AsyncGenerator<string> {
  let pieces: string[] = [], length = 0; // of a line whose end is not read yet; joined once, as lines may be long
  for await (const text of textOf(path)) {
    const [first, ...others] = text.split("\n");
    pieces.push(first);
    length += first.length;
    if (length > MOST_CHARACTERS) throw tooLong(path);
    for (const next of others) {
      yield pieces.join("");
      pieces = [next];
      length = next.length;
    }
  }
  yield pieces.join("");
}

function tooLong(path: string): UserError {
  return new UserError(`${path} has a house, or a list of houses, of more than ${MOST_CHARACTERS} characters`);
}

/** UTF-8 text of a file, unpacked, piece by piece. */
async function* textOf(path: string): AsyncGenerator<string> {
  let file: Deno.FsFile;
  try {
    file = await Deno.open(path);
  } catch (cause) {
    throw ioError(path, "read", cause);
  }
  const packed = /\.gz$/i.test(path);
  const bytes = packed ? file.readable.pipeThrough(new DecompressionStream("gzip")) : file.readable;
  const decoder = new TextDecoder();
  try {
    for await (const chunk of bytes) yield decoder.decode(chunk, { stream: true });
    yield decoder.decode();
  } catch (cause) {
    if (cause instanceof UserError) throw cause;
    // A damaged stream, or one of the system's errors.
    if (packed && cause instanceof TypeError) throw new UserError(`${path} is not gzip, or damaged: ${cause.message}`);
    throw ioError(path, "read", cause);
  }
}
