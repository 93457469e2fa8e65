/**
 * The elements of a `.ply` file: vertices, faces, and whatever else it lists, as text or binary in either byte order.
 *
 * Format: Turk, "The PLY polygon file format", Stanford 1994. Read here since the readers at hand (three.js's) drop the
 * properties of faces, in which Replica and Matterport have their labels.
 */
import { FormatError } from "../../../base/byte_reader.ts";

/** Bytes of each type of number, by both of its names. */
const TYPE_BYTES = {
  char: 1,
  uchar: 1,
  short: 2,
  ushort: 2,
  int: 4,
  uint: 4,
  float: 4,
  double: 8,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  float64: 8,
} as const;

type NumberType = keyof typeof TYPE_BYTES;

interface Property {
  readonly name: string;
  readonly type: NumberType;
  /** Type of the length before each list; null for a single number. */
  readonly count: NumberType | null;
}

interface Element {
  readonly name: string;
  readonly count: number;
  readonly properties: readonly Property[];
}

/** A list of numbers for each element of a kind; those of element i begin at `starts[i]`. */
export interface PlyLists {
  readonly values: Float64Array;
  /** One more than there are elements. */
  readonly starts: Uint32Array;
}

/** Elements of one kind, by property. */
export interface PlyElements {
  readonly count: number;
  /** One number each. */
  readonly numbers: ReadonlyMap<string, Float64Array>;
  /** A list of numbers each. */
  readonly lists: ReadonlyMap<string, PlyLists>;
}

/** Longest header; those in use have a few hundred bytes. */
const MOST_HEADER_BYTES = 65_536;
/** Longest list: a polygon of more corners is no polygon. */
const MOST_IN_LIST = 10_000;

/**
 * Reads the elements of a file by their names.
 * @throws {FormatError} if it is no `.ply` file, or ends before its elements do.
 */
export function readPly(bytes: Uint8Array): Map<string, PlyElements> {
  const { format, elements, length } = readHeader(bytes), body = bytes.subarray(length);
  const source = format === "ascii"
    ? new TextNumbers(body)
    : new BinaryNumbers(body, format === "binary_little_endian");
  const found = new Map<string, PlyElements>();
  for (const element of elements) found.set(element.name, readElements(element, source));
  return found;
}

function readHeader(bytes: Uint8Array): { format: string; elements: Element[]; length: number } {
  const head = new TextDecoder("latin1").decode(bytes.subarray(0, MOST_HEADER_BYTES));
  const [header] = /^ply\r?\n[^]*?\nend_header[ \t]*(\r\n|\n|\r)/.exec(head) ?? [];
  if (header === undefined) {
    throw new FormatError("it is no .ply file: it does not begin with a header from ply to end_header");
  }
  let format = "";
  const elements: (Element & { properties: Property[] })[] = [];
  for (const line of header.split(/\r?\n/).slice(1)) {
    const [keyword, ...words] = line.trim().split(/\s+/);
    if (keyword === "format") format = words[0] ?? "";
    else if (keyword === "element") {
      const count = Number(words[1]);
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new FormatError(`"${line.slice(0, 60)}" has no number of elements`);
      }
      if (elements.some(({ name }) => name === words[0])) {
        throw new FormatError(`it lists the element ${words[0]} twice`);
      }
      elements.push({ name: words[0], count, properties: [] });
    } else if (keyword === "property") {
      const isList = words[0] === "list", [count, type, name] = isList ? words.slice(1) : [null, words[0], words[1]];
      if (!elements.at(-1) || !isNumberType(type) || name === undefined || (count !== null && !isNumberType(count))) {
        throw new FormatError(`"${line.slice(0, 60)}" is no property of an element`);
      }
      elements.at(-1)!.properties.push({ name, type, count });
    }
  }
  if (!["ascii", "binary_little_endian", "binary_big_endian"].includes(format)) {
    throw new FormatError(
      `its format is "${format.slice(0, 40)}", expected ascii, binary_little_endian or binary_big_endian`,
    );
  }
  return { format, elements, length: header.length };
}

function isNumberType(name: string): name is NumberType {
  return Object.hasOwn(TYPE_BYTES, name);
}

function readElements({ name, count, properties }: Element, source: NumberSource): PlyElements {
  const least = properties.reduce((sum, { type, count }) => sum + source.leastBytes(count ?? type), 0);
  if (count * least > source.left) {
    throw new FormatError(
      `it ends too early: ${count} of ${name} need ${count * least} bytes or more, ${source.left} are left`,
    );
  }
  const numbers = new Map<string, Float64Array>(), lists = new Map<string, { values: number[]; starts: Uint32Array }>();
  if (least === 0) return { count: 0, numbers, lists: new Map() };
  for (const { name, count: length } of properties) {
    if (length === null) numbers.set(name, new Float64Array(count));
    else lists.set(name, { values: [], starts: new Uint32Array(count + 1) });
  }
  for (let i = 0; i < count; i++) {
    for (const property of properties) {
      if (property.count === null) {
        numbers.get(property.name)![i] = source.next(property.type);
        continue;
      }
      const length = source.next(property.count), { values, starts } = lists.get(property.name)!;
      if (!Number.isInteger(length) || length < 0 || length > MOST_IN_LIST) {
        throw new FormatError(
          `${name} ${i} has a list of ${length} in ${property.name}, at most ${MOST_IN_LIST} expected`,
        );
      }
      for (let k = 0; k < length; k++) values.push(source.next(property.type));
      starts[i + 1] = values.length;
    }
  }
  return {
    count,
    numbers,
    lists: new Map([...lists].map(([key, { values, starts }]) => [key, { values: Float64Array.from(values), starts }])),
  };
}

/** Numbers one after the other. */
interface NumberSource {
  /** Bytes that are not read yet. */
  readonly left: number;
  /** Least bytes that a number of a type takes. */
  leastBytes(type: NumberType): number;
  /** @throws {FormatError} at the end, or if there is none. */
  next(type: NumberType): number;
}

class BinaryNumbers implements NumberSource {
  readonly #view: DataView;
  readonly #littleEndian: boolean;
  #at = 0;

  constructor(bytes: Uint8Array, littleEndian: boolean) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#littleEndian = littleEndian;
  }

  get left(): number {
    return this.#view.byteLength - this.#at;
  }

  leastBytes(type: NumberType): number {
    return TYPE_BYTES[type];
  }

  next(type: NumberType): number {
    const at = this.#at, little = this.#littleEndian;
    if (this.left < TYPE_BYTES[type]) throw new FormatError("it ends within its elements");
    this.#at += TYPE_BYTES[type];
    switch (type) {
      case "char":
      case "int8":
        return this.#view.getInt8(at);
      case "uchar":
      case "uint8":
        return this.#view.getUint8(at);
      case "short":
      case "int16":
        return this.#view.getInt16(at, little);
      case "ushort":
      case "uint16":
        return this.#view.getUint16(at, little);
      case "int":
      case "int32":
        return this.#view.getInt32(at, little);
      case "uint":
      case "uint32":
        return this.#view.getUint32(at, little);
      case "float":
      case "float32":
        return this.#view.getFloat32(at, little);
      case "double":
      case "float64":
        return this.#view.getFloat64(at, little);
    }
  }
}

class TextNumbers implements NumberSource {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get left(): number {
    return this.#bytes.length + 1 - this.#at; // as if a line's end were behind the last number
  }

  leastBytes(): number {
    return 2; // a digit and a space
  }

  next(): number {
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] <= 0x20) this.#at++;
    const start = this.#at;
    while (this.#at < this.#bytes.length && this.#bytes[this.#at] > 0x20) this.#at++;
    if (start === this.#at) throw new FormatError("it ends within its elements");
    const text = String.fromCharCode(...this.#bytes.subarray(start, Math.min(this.#at, start + 40)));
    const number = Number(text);
    if (Number.isNaN(number)) throw new FormatError(`"${text}" is no number`);
    return number;
  }
}
