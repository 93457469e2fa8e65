/**
 * Python pickles as data. The stack machine of a pickle can import and call anything; this one knows no import and no
 * call: names of modules become {@link PickleGlobal}, which only `construct` of the caller turns into data.
 */
import { ByteReader, FormatError } from "../../base/byte_reader.ts";

/** A name in a module that the pickle refers to. Nothing is imported. */
class PickleGlobal {
  constructor(readonly module: string, readonly name: string) {}

  /** `numpy.ndarray`. */
  get path(): string {
    return `${this.module}.${this.name}`;
  }
}

/** A list or tuple. */
export type PickleList = PickleValue[];

/** What a pickle may hold here. Objects are what {@link PickleRules.construct} made. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | PickleGlobal
  | PickleList
  | Map<PickleValue, PickleValue>
  | PickleObject;

/** Made by the rules of the caller. */
export interface PickleObject {
  /** Takes the state of a BUILD operation. @throws {FormatError} */
  setState(state: PickleValue): void;
}

/** What names stand for. */
export interface PickleRules {
  /** Whether a name may occur; any other is refused. */
  allows(path: string): boolean;
  /** The value of a name called with arguments. @throws {FormatError} if there is none. */
  construct(path: string, args: PickleList): PickleValue;
}

/** More operations than this no file of a scene has; it bounds the memory of the stack. */
const MOST_OPERATIONS = 1_000_000;

/** Operations of protocol 0, which writes values as lines of text. */
const TEXT_OPERATIONS = "FLSVgp";

const MARK: unique symbol = Symbol("mark");
type Slot = PickleValue | typeof MARK;

/**
 * Runs a pickle of protocol 1 to 5 and returns the value it leaves.
 * @throws {FormatError} for damage, and for every operation or name that could run code.
 */
export function decodePickle(bytes: Uint8Array, rules: PickleRules): PickleValue {
  return new Machine(bytes, rules).run();
}

class Machine {
  readonly #reader: ByteReader;
  readonly #stack: Slot[] = [];
  readonly #memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array, readonly rules: PickleRules) {
    this.#reader = new ByteReader(bytes);
  }

  run(): PickleValue {
    for (let operations = 0; operations < MOST_OPERATIONS; operations++) {
      const [code] = this.#reader.take(1);
      if (code === 0x2e) return this.#pop(); // STOP
      this.#step(code);
    }
    throw new FormatError(`it has more than ${MOST_OPERATIONS} operations`);
  }

  #step(code: number): void {
    const reader = this.#reader;
    switch (String.fromCharCode(code)) {
      case "\x80": // PROTO
        if (reader.take(1)[0] > 5) throw new FormatError("its protocol is newer than 5");
        return;
      case "\x95": // FRAME
        reader.take(8);
        return;
      case "N":
        return this.#push(null);
      case "\x88":
        return this.#push(true);
      case "\x89":
        return this.#push(false);
      case "K":
        return this.#push(this.#unsigned(1));
      case "M":
        return this.#push(this.#unsigned(2));
      case "J":
        return this.#push(this.#unsigned(4) | 0);
      case "\x8a":
        return this.#push(signed(reader.take(this.#unsigned(1))));
      case "I":
        return this.#push(this.#decimal());
      case "G":
        return this.#push(viewOf(reader.take(8)).getFloat64(0, false));
      case "X": // BINUNICODE
      case "T": // BINSTRING, bytes of Python 2
      case "B": // BINBYTES
        return this.#text(code, this.#unsigned(4));
      case "\x8c": // SHORT_BINUNICODE
      case "U": // SHORT_BINSTRING
      case "C": // SHORT_BINBYTES
        return this.#text(code, this.#unsigned(1));
      case "\x8d": // BINUNICODE8
      case "\x8e": // BINBYTES8
      case "\x96": // BYTEARRAY8
        return this.#text(code, this.#unsigned(8));
      case "]":
      case ")":
        return this.#push([]);
      case "}":
        return this.#push(new Map());
      case "(":
        this.#stack.push(MARK);
        return;
      case "t":
      case "l":
        return this.#push(this.#sinceMark());
      case "d":
        return this.#push(setItems(new Map(), this.#sinceMark()));
      case "\x85":
      case "\x86":
      case "\x87":
        return this.#push(Array.from({ length: code - 0x84 }, () => this.#pop()).reverse());
      case "a": {
        const item = this.#pop();
        this.#top(Array.isArray).push(item);
        return;
      }
      case "e": {
        const items = this.#sinceMark(), list = this.#top(Array.isArray);
        for (const item of items) list.push(item);
        return;
      }
      case "s": {
        const value = this.#pop(), key = this.#pop();
        this.#top(isMap).set(key, value);
        return;
      }
      case "u": {
        const items = this.#sinceMark();
        setItems(this.#top(isMap), items);
        return;
      }
      case "0":
        this.#stack.pop();
        return;
      case "q":
        return this.#remember(this.#unsigned(1));
      case "r":
        return this.#remember(this.#unsigned(4));
      case "\x94":
        return this.#remember(this.#memo.size);
      case "h":
        return this.#recall(this.#unsigned(1));
      case "j":
        return this.#recall(this.#unsigned(4));
      case "c":
        return this.#global(this.#line(), this.#line());
      case "\x93": {
        const name = this.#pop(), module = this.#pop();
        if (typeof name !== "string" || typeof module !== "string") throw new FormatError("a name is no text");
        return this.#global(module, name);
      }
      case "R": {
        const args = this.#pop(), callee = this.#pop();
        if (!(callee instanceof PickleGlobal) || !Array.isArray(args)) {
          throw new FormatError("it calls what is no name");
        }
        return this.#push(this.rules.construct(callee.path, args));
      }
      case "b": {
        const state = this.#pop();
        this.#top(isObject).setState(state);
        return;
      }
      default:
        throw new FormatError(
          `operation 0x${code.toString(16).padStart(2, "0")} at byte ${reader.offset - 1} is not one of plain data` +
            (TEXT_OPERATIONS.includes(String.fromCharCode(code))
              ? ", but of the text form, protocol 0; write the file again with pickle.dump(…, protocol=4)"
              : ""),
        );
    }
  }

  #push(value: PickleValue): void {
    this.#stack.push(value);
  }

  #pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined || value === MARK) throw new FormatError("its stack is empty where a value is wanted");
    return value as PickleValue;
  }

  #top<T extends PickleValue>(is: (value: unknown) => value is T): T {
    const value = this.#stack.at(-1);
    if (!is(value)) throw new FormatError("an operation is applied to a value of another kind");
    return value;
  }

  #sinceMark(): PickleList {
    const mark = this.#stack.lastIndexOf(MARK);
    if (mark < 0) throw new FormatError("a mark is missing on its stack");
    return this.#stack.splice(mark).slice(1) as PickleList;
  }

  #remember(index: number): void {
    const value = this.#pop();
    this.#push(value);
    this.#memo.set(index, value);
  }

  #recall(index: number): void {
    const value = this.#memo.get(index);
    if (value === undefined) throw new FormatError(`it recalls value ${index}, which it never stored`);
    this.#push(value);
  }

  #global(module: string, name: string): void {
    const global = new PickleGlobal(module, name);
    if (!this.rules.allows(global.path)) {
      throw new FormatError(
        `it wants ${JSON.stringify(global.path)} of Python; only plain data and NumPy arrays are read`,
      );
    }
    this.#push(global);
  }

  #text(code: number, length: number): void {
    const bytes = this.#reader.take(length);
    this.#push([0x58, 0x8c, 0x8d].includes(code) ? new TextDecoder().decode(bytes) : bytes);
  }

  #unsigned(bytes: number): number {
    const value = this.#reader.take(bytes).reduceRight((sum, byte) => sum * 256 + byte, 0);
    if (value > Number.MAX_SAFE_INTEGER) throw new FormatError("a length is beyond 2^53");
    return value;
  }

  #line(): string {
    const { bytes, offset } = this.#reader;
    const end = bytes.indexOf(0x0a, offset);
    if (end < 0) throw new FormatError("a line is cut off");
    const line = new TextDecoder().decode(this.#reader.take(end - offset));
    this.#reader.take(1);
    return line;
  }

  #decimal(): number | boolean {
    const line = this.#line();
    if (line === "00" || line === "01") return line === "01";
    if (!/^-?\d{1,15}$/.test(line)) throw new FormatError(`${JSON.stringify(line.slice(0, 20))} is no whole number`);
    return Number(line);
  }
}

function signed(bytes: Uint8Array): number {
  if (bytes.length > 6) throw new FormatError("a whole number is beyond 2^53");
  const value = bytes.reduceRight((sum, byte) => sum * 256 + byte, 0);
  return bytes.length > 0 && bytes[bytes.length - 1] >= 0x80 ? value - 256 ** bytes.length : value;
}

function setItems(map: Map<PickleValue, PickleValue>, items: PickleList): Map<PickleValue, PickleValue> {
  if (items.length % 2 !== 0) throw new FormatError("a dictionary has a key without a value");
  for (let i = 0; i < items.length; i += 2) map.set(items[i], items[i + 1]);
  return map;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function isMap(value: unknown): value is Map<PickleValue, PickleValue> {
  return value instanceof Map;
}

function isObject(value: unknown): value is PickleObject {
  return typeof value === "object" && value !== null && "setState" in value;
}
