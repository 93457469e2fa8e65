/** Where cuDNN offers only slow engines the person is told, once for each convolution. */
import { assertEquals, assertMatch } from "@std/assert";
import { type ConvolutionProblem, CudnnHandle, Stream } from "../../../../../ffi/mod.ts";
import { CacheFolder } from "../../../../../base/cache_folder.ts";
import { PlanStore } from "../../../../../nn/backend/cuda/conv/plan_store.ts";
import { Planner } from "../../../../../nn/backend/cuda/conv/planner.ts";
import { openDevice } from "../../../../../nn/backend/cuda/device.ts";

const PROBLEM: ConvolutionProblem = {
  operation: "filterGradient",
  dataType: "FLOAT",
  batch: 2,
  input: [6, 4, 6],
  channels: 12,
  output: [3, 2, 3],
  filters: 16,
  kernel: [5, 3, 5],
  stride: [2, 2, 2],
  padding: [2, 1, 2],
  beta: 0,
};

Deno.test("Planner: a convolution that only the naive engine computes is named, once", () => {
  const device = openDevice(0), { runtime, cudnn, cublas } = device.libraries;
  using stream = new Stream(runtime);
  using handle = new CudnnHandle(cudnn, stream);
  const policy = {
    precision: "fp32",
    deterministic: true,
    workspaceLimitBytes: 0, // the other exact engines of the emulated device want some
    cudnnVersion: cudnn.version(),
    cublasVersion: cublas.version(),
    capability: device.facts.capability,
  } as const;
  const notices: string[] = [];
  const store = new PlanStore(new CacheFolder(null), "test");
  using planner = new Planner(cudnn, policy, { handle: handle.address }, store, (line) => notices.push(line));
  for (let call = 0; call < 3; call++) {
    assertEquals(planner.plan(PROBLEM, () => 1).candidates[0].engine, 0);
  }
  assertEquals(notices.length, 1);
  assertMatch(
    notices[0],
    /^filter gradient of 5x3x5 12 → 16 at 6x4x6, batch 2: cuDNN [\d.]+ offers only the naive engine \(fp32\); this layer will be slow$/,
  );
  planner.plan({ ...PROBLEM, operation: "forward" }, () => 1);
  assertEquals(notices.length, 1, "others run without workspace");
});
