import { assertEquals, assertLess } from "@std/assert";
import { makeRoom } from "../../data/rooms/mod.ts";
import { calibrate } from "../../nn/models/calibrate.ts";
import { PAPER_MODEL } from "../../nn/models/config.ts";
import { decode, encode } from "../../nn/models/inference.ts";
import { Networks } from "../../nn/models/networks.ts";
import { type NormStatistics, Tape } from "../../nn/tape.ts";
import { Tensor } from "../../nn/tensor.ts";
import { relativeL2 } from "../programs/conformance/compare.ts";
import { ReferenceBackend } from "../helpers/reference_backend.ts";

const GRID = [16, 16, 16] as const, VOXELS = 16 ** 3;
const CONFIG = {
  ...PAPER_MODEL,
  grid: GRID,
  channels: [3, 4, 4, 5] as const,
  latentChannels: 3,
  codeUnits: 4,
  refinerChannels: 2,
};

function rooms(backend: ReferenceBackend, first: number, count: number): Tensor {
  const labels = new Uint8Array(count * VOXELS);
  for (let i = 0; i < count; i++) labels.set(makeRoom(GRID, 0, first + i), i * VOXELS);
  return Tensor.from(backend, labels, [count, ...GRID], "labels");
}

function reconstruct(networks: Networks, labels: Tensor, statistics: NormStatistics): Float32Array {
  using tape = new Tape(networks.backend, { statistics });
  return decode(tape, networks, encode(tape, networks, labels), false).probabilities.toFloat32();
}

Deno.test("calibrate: on one batch, running statistics are that batch's", () => {
  using backend = new ReferenceBackend();
  {
    using networks = new Networks(backend, CONFIG);
    networks.initialize(1);
    using labels = rooms(backend, 0, 3);
    calibrate(networks, [labels]);
    assertLess(relativeL2(reconstruct(networks, labels, "running"), reconstruct(networks, labels, "batch")), 1e-4);
  }
  assertEquals(backend.memory.liveBytes, 0);
});

Deno.test("calibrate: several batches count as one large one", () => {
  using backend = new ReferenceBackend();
  using networks = new Networks(backend, CONFIG);
  networks.initialize(1);
  using first = rooms(backend, 0, 2);
  using second = rooms(backend, 2, 2);
  using both = rooms(backend, 0, 4);
  const { value } = networks.encoder.parameters.statisticsOf("norm2");
  calibrate(networks, [first, second]);
  const apart = value.toFloat32();
  calibrate(networks, [both]);
  assertLess(relativeL2(apart, value.toFloat32()), 1e-5);
});
