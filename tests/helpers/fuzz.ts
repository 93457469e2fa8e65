/** Readers fed with damaged files: each must end in a value or an error for the user, soon, and in little memory. */
import { assert } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import { UniformSequence } from "../../base/random.ts";
import { allocatedBytes } from "./allocated_bytes.ts";

/** A reader under test. */
export interface FuzzedReader {
  /** Name of the reader, also of its folder in the corpus. */
  readonly name: string;
  /** Reads a file to its end; `name` is what errors must name. */
  read(bytes: Uint8Array, name: string): unknown;
  /** Most bytes that typed arrays may take for a file of `fileBytes`; 4 · fileBytes + 64 KiB if left out. */
  mostBytes?(fileBytes: number): number;
  /** Set where memory cannot be measured: measuring replaces the constructors of typed arrays, which some code compares. */
  readonly unmeasured?: true;
  /** Changes bytes so that checksums are right again, for half of the mutations; the deeper checks are behind them. */
  repair?(bytes: Uint8Array): Uint8Array;
}

/** What became of the mutations. */
export interface FuzzResult {
  readonly name: string;
  readonly tried: number;
  /** Read as if nothing were wrong. */
  readonly read: number;
  /** Refused with an error for the user. */
  readonly refused: number;
  /** Longest time that one took. */
  readonly slowestMs: number;
  /** Most bytes that typed arrays took for one. */
  readonly mostBytes: number;
}

/** No file of the corpus takes long; a reader that hangs takes for ever. */
const MOST_MS = 10_000;
/** Values that are likely to mean something: ends of ranges, and bits that tell lengths from what follows. */
const TELLING = [0, 1, 2, 0x20, 0x7f, 0x80, 0xfe, 0xff];

/** A copy of a file with one to four faults: bytes changed, cut out, put in, repeated, swapped in from `other`. */
export function mutate(bytes: Uint8Array, other: Uint8Array, random: UniformSequence): Uint8Array {
  const list = Array.from(bytes);
  for (let faults = 1 + random.below(4); faults > 0; faults--) {
    const at = random.below(list.length + 1);
    const byte = random.below(3) === 0 ? random.below(256) : TELLING[random.below(TELLING.length)];
    switch (random.below(8)) {
      case 0: // a bit
        list[Math.min(at, list.length - 1)] ^= 1 << random.below(8);
        break;
      case 1:
      case 2: // a byte
        list[Math.min(at, list.length - 1)] = byte;
        break;
      case 3: // a number of four bytes
        list.splice(at, 4, byte, byte, byte, [0, byte, 0x7f, 0xff][random.below(4)]);
        break;
      case 4:
        list.splice(at, 1 + random.below(8));
        break;
      case 5:
        list.splice(at, 0, ...Array<number>(1 + random.below(8)).fill(byte));
        break;
      case 6: { // a piece of this or another file
        const from = random.below(2) ? bytes : other, start = random.below(from.length + 1);
        list.splice(at, random.below(2) * 16, ...from.subarray(start, start + 1 + random.below(32)));
        break;
      }
      default:
        list.length = at;
    }
    if (list.length === 0) list.push(byte);
  }
  return Uint8Array.from(list, (value) => value & 0xff);
}

/** The files of a reader in the corpus, in the order of their names. */
async function corpusOf(name: string): Promise<Map<string, Uint8Array>> {
  const folder = new URL(`../fixtures/corpus/${name}/`, import.meta.url);
  const names = (await Array.fromAsync(Deno.readDir(folder))).map((entry) => entry.name).sort();
  return new Map(
    await Promise.all(names.map(async (file) => [file, await Deno.readFile(new URL(file, folder))] as const)),
  );
}

/**
 * Reads every file of a reader's corpus as it is, then `mutations` damaged copies, the same ones every time.
 *
 * @throws {Error} naming mutation and bytes (as base64, to be added to the corpus) if one ends in anything but a value
 * or a `UserError` that names the file, takes too long, or takes more memory than it may.
 */
export async function fuzz(reader: FuzzedReader, mutations: number): Promise<FuzzResult> {
  const corpus = [...(await corpusOf(reader.name)).values()];
  const random = new UniformSequence({ seed: 11, stream: reader.name.length, iteration: reader.name.charCodeAt(0) });
  const result = { read: 0, refused: 0, slowestMs: 0, mostBytes: 0 };
  for (let i = -corpus.length; i < mutations; i++) {
    let bytes = i < 0 ? corpus[i + corpus.length] : mutate(pick(corpus, random), pick(corpus, random), random);
    if (i >= 0 && i % 2 === 1 && reader.repair) bytes = reader.repair(bytes);
    const started = performance.now();
    try {
      result.mostBytes = Math.max(result.mostBytes, await tried(reader, bytes, result));
    } catch (error) {
      const size = bytes.length > 4096 ? `${bytes.length} bytes` : bytes.toBase64();
      throw new Error(`${reader.name}, mutation ${i}: ${error instanceof Error ? error.message : error}; ${size}`, {
        cause: error,
      });
    }
    const milliseconds = performance.now() - started;
    result.slowestMs = Math.max(result.slowestMs, milliseconds);
    assert(milliseconds < MOST_MS, `${reader.name}, mutation ${i}: took ${milliseconds.toFixed(0)} ms`);
  }
  return { name: reader.name, tried: mutations + corpus.length, ...result };
}

function pick<T>(items: readonly T[], random: UniformSequence): T {
  return items[random.below(items.length)];
}

async function tried(
  reader: FuzzedReader,
  bytes: Uint8Array,
  count: { read: number; refused: number },
): Promise<number> {
  let message: string | null = null;
  const read = async () => {
    try {
      await reader.read(bytes, "fuzzed.file");
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      message = error.message;
    }
  };
  const allocated = reader.unmeasured ? await read().then(() => 0) : await allocatedBytes(read);
  if (message === null) count.read++;
  else {
    count.refused++;
    assert((message as string).includes("fuzzed"), `the error names no file: ${message}`);
  }
  const most = reader.mostBytes?.(bytes.length) ?? 4 * bytes.length + 65_536;
  assert(allocated <= most, `took ${allocated} bytes for a file of ${bytes.length}, at most ${most} expected`);
  return allocated;
}
