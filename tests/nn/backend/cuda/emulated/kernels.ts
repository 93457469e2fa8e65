/** Kernels that no operation of the interface reaches alone: conversions between float32 and bfloat16. */
import { assertEquals, assertThrows } from "@std/assert";
import { DeviceMemory, Stream } from "../../../../../ffi/mod.ts";
import { CacheFolder } from "../../../../../base/cache_folder.ts";
import { openDevice } from "../../../../../nn/backend/cuda/device.ts";
import { KernelLibrary } from "../../../../../nn/backend/cuda/kernel_library.ts";
import { elementwiseLaunch, paddedLaunch } from "../../../../../nn/backend/cuda/launches.ts";
import { normal } from "../../suite/twin.ts";

const device = openDevice(0), { runtime } = device.libraries, on = { multiprocessors: 4 };

/** Runs `body` with loaded kernels and a function that puts an array on the device and reads it back afterwards. */
async function withKernels(
  body: (
    kernels: KernelLibrary,
    array: <T extends Float32Array | Uint16Array>(content: T, offset?: number) => bigint,
  ) => void,
): Promise<void> {
  using stream = new Stream(runtime);
  using kernels = await KernelLibrary.open(device, stream, new CacheFolder(null));
  using held = new DisposableStack();
  const arrays: [content: Float32Array | Uint16Array, address: bigint][] = [];
  body(kernels, (content, offset = 0) => {
    const memory = held.use(new DeviceMemory(runtime, content.byteLength + offset)),
      at = memory.address + BigInt(offset);
    stream.copy("HostToDevice", at, addressOf(content), content.byteLength);
    arrays.push([content, at]);
    return at;
  });
  for (const [content, address] of arrays) {
    stream.copy("DeviceToHost", addressOf(content), address, content.byteLength);
  }
  stream.synchronize();
}

function addressOf(content: ArrayBufferView): bigint {
  return BigInt(Deno.UnsafePointer.value(Deno.UnsafePointer.of(content as BufferSource)));
}

/** Bits of the nearest bfloat16, ties to even: the definition, by trying both neighbours. */
function bf16Bits(x: number): number {
  const bits = new Uint32Array(Float32Array.of(x).buffer)[0];
  if (Number.isNaN(x)) return (bits >>> 16) | 0x40;
  const low = bits >>> 16, value = (half: number) => new Float32Array(Uint32Array.of(half << 16).buffer)[0];
  if (value(low) === x) return low;
  // The step above the largest number counts as infinity.
  const high = low + 1, above = Number.isFinite(value(high)) ? value(high) : Math.sign(x) * 2 ** 128;
  const below = Math.abs(x - value(low)), over = Math.abs(above - x);
  return below < over || (below === over && low % 2 === 0) ? low : high;
}

const widened = (bits: Uint16Array) => new Float32Array(Uint32Array.from(bits, (half) => half << 16).buffer);

const SPECIAL = [0, -0, 1, -1, 1 + 2 ** -8, 1 + 3 * 2 ** -8, 3.4e38, -3.4e38, Infinity, -Infinity, NaN, 1e-40, -1e-45];

Deno.test("to_bf16 and from_bf16: every kind of number, aligned and not, added to or not", async () => {
  for (const count of [1, 7, 8, 13, 1001, 40_003]) {
    for (const offset of [0, 4]) {
      const x = normal(count, count).map((value, i) => i < SPECIAL.length ? SPECIAL[i] : value);
      const bits = new Uint16Array(count), back = new Float32Array(count), sum = new Float32Array(count).fill(0.5);
      await withKernels((kernels, array) => {
        const halves = array(bits, offset), launch = elementwiseLaunch(count, on);
        kernels.launch("to_bf16", launch, { count, x: array(x, offset), y: halves });
        kernels.launch("from_bf16", launch, { count, x: halves, y: array(back, offset), accumulate: 0 });
        kernels.launch("from_bf16", launch, { count, x: halves, y: array(sum, offset), accumulate: 1 });
      });
      assertEquals(bits, Uint16Array.from(x, bf16Bits));
      assertEquals(back, widened(bits).map((value) => value + 0));
      assertEquals(sum, widened(bits).map((value) => value + 0.5));
    }
  }
});

Deno.test("KernelLibrary.launch: a kernel or an argument that is not there is named", async () => {
  await withKernels((kernels) => {
    const launch = elementwiseLaunch(1, on);
    assertThrows(() => kernels.launch("fil", launch, {}), TypeError, "there is no kernel fil");
    assertThrows(() => kernels.launch("fill", launch, { count: 1, x: 0n }), TypeError, "kernel fill: value is missing");
  });
});

Deno.test("to_bf16_padded and from_bf16_padded: new channels and rows hold zero, the rest comes back", async () => {
  for (
    const [rows, paddedRows, channels, paddedChannels] of [
      ...[[1, 1, 1, 8], [5, 8, 12, 16], [101, 101, 12, 16], [33, 40, 13, 16], [7, 7, 20, 24], [1003, 1003, 3, 16]],
      ...[[9, 9, 24, 2056], [3001, 3001, 12, 16]],
    ]
  ) {
    for (const offset of [0, 4]) {
      const x = normal(rows * channels, rows), bits = new Uint16Array(paddedRows * paddedChannels).fill(0xffff);
      const back = new Float32Array(rows * channels), sum = new Float32Array(rows * channels).fill(2);
      await withKernels((kernels, array) => {
        const halves = array(bits), launch = paddedLaunch(paddedRows, paddedChannels, on);
        const values = { rows: paddedRows, filledRows: rows, channels, paddedChannels, x: array(x, offset), y: halves };
        kernels.launch("to_bf16_padded", launch, values);
        const narrow = { rows, channels, paddedChannels, x: halves };
        const narrowLaunch = paddedLaunch(rows, paddedChannels, on);
        kernels.launch("from_bf16_padded", narrowLaunch, { ...narrow, y: array(back, offset), accumulate: 0 });
        kernels.launch("from_bf16_padded", narrowLaunch, { ...narrow, y: array(sum, offset), accumulate: 1 });
      });
      const expected = new Uint16Array(bits.length);
      x.forEach((value, i) => {
        expected[Math.floor(i / channels) * paddedChannels + i % channels] = bf16Bits(value);
      });
      assertEquals(bits, expected, `${rows} × ${channels}`);
      const rounded = widened(Uint16Array.from(x, bf16Bits));
      assertEquals(back, rounded);
      assertEquals(sum, rounded.map((value) => value + 2));
    }
  }
});
