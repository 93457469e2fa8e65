import { assert, assertEquals, assertLess, assertThrows } from "@std/assert";
import { fillNormal } from "../../base/random.ts";
import { CountingBackend } from "../../nn/backend/counting_backend.ts";
import { openBackend } from "../../nn/backend/open.ts";
import { GENERATOR_NAMES, latentSize, type ModelConfig, PAPER_MODEL } from "../../nn/models/config.ts";
import { Generator } from "../../nn/models/generator.ts";
import { Networks } from "../../nn/models/networks.ts";
import { Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";

const CELLS = 6, CHANNELS = 3;
const CONFIG: ModelConfig = {
  ...PAPER_MODEL,
  grid: [16 * CELLS, 16, 16],
  channels: [4, 4, 4, 4],
  latentChannels: CHANNELS,
};

Deno.test("Generator: a cell of the code reaches all of the room through a dense layer, its surroundings through a convolution", async () => {
  using backend = await openBackend("cpu", { threads: 1 });
  const plain = new Float32Array(CELLS * CHANNELS);
  fillNormal(plain, { seed: 1, stream: 80, iteration: 0 });
  const changed = plain.map((value, i) => i < CHANNELS ? -2 * value : value); // in the cell at the end of the first axis
  const reached = GENERATOR_NAMES.map((name) => {
    const config = { ...CONFIG, generator: name };
    assertEquals(latentSize(config), plain.length);
    using generator = new Generator(backend, config);
    generator.parameters.initialize(3, 2);
    const [before, after] = [plain, changed].map((codes) => {
      using tape = new Tape(backend, { statistics: "running" });
      using input = Tensor.from(backend, codes, [1, CELLS, 1, 1, CHANNELS], "codes");
      return generator.forward(tape, input).toFloat32();
    });
    const sliceSize = before.length / CONFIG.grid[0];
    const last = before.findLastIndex((value, i) => value !== after[i]);
    return Math.floor(last / sliceSize) + 1;
  });
  const [dense, conv] = reached;
  assertEquals(dense, CONFIG.grid[0]);
  assert(conv > 16, `only ${conv} slices of voxels, hardly more than its own cell`);
  assertLess(conv, 16 + 24); // five taps and stride 2, four times: a cell reaches 61 voxels
});

Deno.test("Generator: with a convolution it has 46 million weights less than the paper's; not for codes without cells", () => {
  using backend = new CountingBackend();
  const countOf = (config: Partial<ModelConfig>) => {
    using networks = new Networks(backend, { ...PAPER_MODEL, ...config });
    return networks.generator.parameters.count;
  };
  const dense = 1200 * 38_400 + 2 * 38_400, conv = 16 * 512 + 2 * 512; // weights, gains and biases
  assertEquals(countOf({}) - countOf({ generator: "conv" }), dense - conv);
  assertThrows(() => countOf({ system: "vae-200", generator: "conv" }), RangeError, "a flat code has no cells");
  assertEquals(backend.memory.liveBytes, 0);
});
