/** NumPy arrays in pickles: the few names of NumPy that stand for arrays, made into arrays here. */
import { FormatError } from "../../base/byte_reader.ts";
import { decodeNpyData, type NpyArray } from "./npy.ts";
import { NPY_ITEM_BYTES, parseDescr } from "./npy_header.ts";
import type { PickleList, PickleObject, PickleRules, PickleValue } from "./pickle.ts";

/** An element type, e.g. `u1`, with the byte order that its state names. */
class NumpyType implements PickleObject {
  #bigEndian = false;

  constructor(readonly code: string) {}

  /** State is (version, byte order, …): `<`, `>`, `|` or `=`. */
  setState(state: PickleValue): void {
    if (!Array.isArray(state) || typeof state[1] !== "string") {
      throw new FormatError("the state of a dtype is malformed");
    }
    this.#bigEndian = state[1] === ">";
  }

  get descr(): string {
    return (this.#bigEndian ? ">" : "<") + this.code;
  }
}

/** An array whose bytes come with its state. */
export class NumpyArray implements PickleObject {
  #array: { shape: number[]; type: NumpyType; fortranOrder: boolean; bytes: Uint8Array } | null = null;

  /** State is (version, shape, dtype, whether Fortran order, bytes). */
  setState(state: PickleValue): void {
    if (!Array.isArray(state) || state.length !== 5) throw new FormatError("the state of an array is malformed");
    const [, shape, type, fortranOrder, bytes] = state;
    this.set(shape, type, fortranOrder === true, bytes);
  }

  /** Gives the array its content. @throws {FormatError} unless all parts are what they should be. */
  set(shape: PickleValue, type: PickleValue, fortranOrder: boolean, bytes: PickleValue): void {
    const sizes = typeof shape === "number" ? [shape] : shape;
    if (!Array.isArray(sizes) || !sizes.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)) {
      throw new FormatError("the shape of an array is malformed");
    }
    if (!(type instanceof NumpyType) || !(bytes instanceof Uint8Array)) {
      throw new FormatError("an array holds no numbers (its elements are Python objects)");
    }
    this.#array = { shape: sizes as number[], type, fortranOrder, bytes };
  }

  /** The numbers in C order. @throws {FormatError} if bytes and shape differ. @throws {UserError} for other types. */
  decode(name: string): NpyArray {
    if (!this.#array) throw new FormatError("an array has no content");
    const { shape, type, fortranOrder, bytes } = this.#array;
    const { dtype, bigEndian } = parseDescr(type.descr, name);
    const length = shape.reduce((product, size) => product * size, 1);
    const dataBytes = length * NPY_ITEM_BYTES[dtype];
    if (bytes.length !== dataBytes) {
      throw new FormatError(`an array has ${bytes.length} bytes, [${shape}] of ${dtype} takes ${dataBytes}`);
    }
    return decodeNpyData(bytes, { dtype, shape, fortranOrder, bigEndian, dataOffset: 0, length, dataBytes });
  }
}

/** Names that may occur in a pickle, and what calling them with arguments makes. */
const NAMES: Readonly<Record<string, (args: PickleList) => PickleValue>> = {
  "numpy.ndarray": () => {
    throw new FormatError("an array is made in a way that NumPy's pickles do not");
  },
  "numpy.dtype": ([code]) => {
    if (typeof code !== "string") throw new FormatError("a dtype is malformed");
    return new NumpyType(code);
  },
  "numpy.core.multiarray._reconstruct": () => new NumpyArray(),
  "numpy.core.multiarray.scalar": ([type, bytes]) => {
    const scalar = new NumpyArray();
    scalar.set([], type ?? null, false, bytes ?? null);
    return scalar;
  },
  "numpy.core.numeric._frombuffer": ([bytes, type, shape, order]) => {
    const array = new NumpyArray();
    array.set(shape ?? null, type ?? null, order === "F", bytes ?? null);
    return array;
  },
  // Python 3 stores bytes in old protocols as text: each character is a byte.
  "_codecs.encode": ([text, encoding]) => {
    if (typeof text !== "string" || encoding !== "latin1") throw new FormatError("bytes are not stored as Latin-1");
    return Uint8Array.from(text, (character) => character.charCodeAt(0));
  },
};

/** `numpy.core` became `numpy._core` in NumPy 2. */
const canonical = (path: string) => path.replace(/^numpy\._core\./, "numpy.core.");

/**
 * Rules under which a pickle may hold NumPy arrays and nothing else that has a name.
 * @param fileBytes length of the pickle; bytes that are stored as text together take no more.
 */
export function numpyRules(fileBytes: number): PickleRules {
  let bytesLeft = fileBytes;
  return {
    allows: (path) => Object.hasOwn(NAMES, canonical(path)),
    construct(path, args) {
      // A text may be recalled again and again, and each time become bytes of its own.
      if (path === "_codecs.encode" && typeof args[0] === "string") bytesLeft -= args[0].length;
      if (bytesLeft < 0) throw new FormatError("its bytes together are longer than the file");
      return NAMES[canonical(path)](args);
    },
  };
}
