import { join } from "@std/path";
import { maskedCrc32c } from "../base/crc32c.ts";
import { ioError } from "../base/errors.ts";
import { makeFolder } from "../base/files.ts";
import { bytesField, doubleField, floatField, integerField, message } from "../base/protobuf.ts";

/**
 * Field numbers of tensorflow/core/util/event.proto, tensorflow/core/framework/summary.proto,
 * tensorboard/plugins/hparams/plugin_data.proto and google/protobuf/struct.proto.
 */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SUMMARY = { value: 1 } as const;
const VALUE = { tag: 1, simpleValue: 2, image: 4, metadata: 9 } as const;
const METADATA = { pluginData: 1 } as const;
const PLUGIN_DATA = { name: 1, content: 2 } as const;
const HPARAMS_DATA = { sessionStartInfo: 3 } as const;
const SESSION_START_INFO = { hparams: 1, startTimeSecs: 5 } as const;
const MAP_ENTRY = { key: 1, value: 2 } as const;
const STRUCT_VALUE = { number: 2, string: 3, bool: 4 } as const;
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;
const SESSION_LOG = { status: 1 } as const;
const SESSION_START = 1;
const RGB = 3;

/** A picture for TensorBoard. */
export interface ImageSummary {
  /** E.g. "samples/reconstruction". */
  readonly tag: string;
  /** Width of the picture. */
  readonly widthPixels: number;
  /** Height of the picture. */
  readonly heightPixels: number;
  /** A whole PNG file. */
  readonly png: Uint8Array;
}

/**
 * A TensorBoard event file that grows by whole records, so that it is readable while the run goes on and after it was
 * killed. Writing starts a new file; when a run resumes, the file says from which step on older events are void, and
 * TensorBoard drops them.
 */
export class EventFile implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(readonly path: string) {
    this.#file = Deno.openSync(path, { write: true, createNew: true });
  }

  /**
   * Starts `events.out.tfevents.<seconds>.<process>.fcr` in `folder`, which is made if missing.
   *
   * @param step events of earlier files from this step on are void; 0 if there are none.
   * @throws {UserError} if the file cannot be written.
   */
  static async create(folder: string, step: number): Promise<EventFile> {
    await makeFolder(folder);
    const started = Math.floor(Date.now() / 1000);
    for (let attempt = 0;; attempt++) {
      const path = join(folder, `events.out.tfevents.${started + attempt}.${Deno.pid}.fcr`);
      try {
        const file = new EventFile(path);
        file.#write([bytesField(EVENT.fileVersion, "brain.Event:2")]);
        if (step > 0) {
          const start = integerField(SESSION_LOG.status, SESSION_START);
          file.#write([integerField(EVENT.step, step), bytesField(EVENT.sessionLog, start)]);
        }
        return file;
      } catch (cause) {
        if (!(cause instanceof Deno.errors.AlreadyExists)) throw ioError(path, "write", cause);
      }
    }
  }

  /** Writes numbers at a step; their names are the charts, `a/b` groups them. */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    this.#summary(
      step,
      Object.entries(values).map(([tag, value]) => [bytesField(VALUE.tag, tag), floatField(VALUE.simpleValue, value)]),
    );
  }

  /** Writes what the run is trained with, a row of TensorBoard's table of hyperparameters. */
  hyperparameters(step: number, values: Readonly<Record<string, number | string | boolean>>): void {
    const entries = Object.entries(values).map(([name, value]) =>
      bytesField(
        SESSION_START_INFO.hparams,
        message(bytesField(MAP_ENTRY.key, name), bytesField(MAP_ENTRY.value, structValue(value))),
      )
    );
    const start = message(...entries, doubleField(SESSION_START_INFO.startTimeSecs, Date.now() / 1000));
    const pluginData = message(
      bytesField(PLUGIN_DATA.name, "hparams"),
      bytesField(PLUGIN_DATA.content, bytesField(HPARAMS_DATA.sessionStartInfo, start)),
    );
    this.#summary(step, [[
      bytesField(VALUE.tag, "_hparams_/session_start_info"),
      bytesField(VALUE.metadata, bytesField(METADATA.pluginData, pluginData)),
    ]]);
  }

  /** Writes a picture at a step. */
  image(step: number, { tag, widthPixels, heightPixels, png }: ImageSummary): void {
    const image = message(
      integerField(IMAGE.height, heightPixels),
      integerField(IMAGE.width, widthPixels),
      integerField(IMAGE.colorspace, RGB),
      bytesField(IMAGE.encoded, png),
    );
    this.#summary(step, [[bytesField(VALUE.tag, tag), bytesField(VALUE.image, image)]]);
  }

  #summary(step: number, values: readonly (readonly Uint8Array[])[]): void {
    const summary = message(...values.map((fields) => bytesField(SUMMARY.value, message(...fields))));
    this.#write([integerField(EVENT.step, step), bytesField(EVENT.summary, summary)]);
  }

  #write(fields: readonly Uint8Array[]): void {
    const record = tfRecord(message(doubleField(EVENT.wallTime, Date.now() / 1000), ...fields));
    try {
      for (let written = 0; written < record.length;) written += this.#file.writeSync(record.subarray(written));
    } catch (cause) {
      throw ioError(this.path, "write", cause);
    }
  }

  /** Closes the file. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

/** A `google.protobuf.Value`. */
function structValue(value: number | string | boolean): Uint8Array {
  if (typeof value === "number") return doubleField(STRUCT_VALUE.number, value);
  if (typeof value === "string") return bytesField(STRUCT_VALUE.string, value);
  return integerField(STRUCT_VALUE.bool, Number(value));
}

/**
 * One TFRecord: the length as little-endian uint64, its masked CRC-32C, the data, its masked CRC-32C
 * (tensorflow/core/lib/io/record_writer.h).
 */
export function tfRecord(data: Uint8Array): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(8 + 4 + data.length + 4);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc32c(record.subarray(0, 8)), true);
  record.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc32c(data), true);
  return record;
}
