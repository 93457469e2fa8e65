import { assertEquals, assertThrows } from "@std/assert";
import { UserError } from "../../base/errors.ts";
import type { TensorData } from "../../data/formats/safetensors.ts";
import { checkLosses, checkState } from "../../train/finite.ts";
import { positionOf } from "../../train/schedule.ts";
import { resolveOptions } from "../../run/options.ts";

const position = positionOf(1, resolveOptions([{ source: "test", values: { preset: "tiny" } }]));

Deno.test("checkLosses: names the loss, where it was, and the last finite values", () => {
  const before = checkLosses({ recons_loss: 12.5, gen_loss: 1 }, position, "none");
  assertEquals(before, "recons_loss 12.50, gen_loss 1.000");
  const check = () => checkLosses({ recons_loss: NaN, gen_loss: 1 }, position, before);
  assertThrows(check, UserError, "base stage, iteration 2: recons_loss is NaN; the last finite values were: recons");
});

Deno.test("checkState: finds a number that is none in any tensor of floats", () => {
  const tensor = (...values: number[]): TensorData => {
    return { dtype: "F32", shape: [values.length], data: Float32Array.from(values) };
  };
  const steps: TensorData = { dtype: "I32", shape: [], data: Int32Array.of(3) };
  checkState(new Map([["encoder.norm2.gain", tensor(1, 2)], ["adam.encoder.steps", steps]]), position);
  const bad = new Map([["encoder.norm2.gain", tensor(1, 2)], ["encoder.conv4.filter", tensor(0, Infinity, NaN)]]);
  assertThrows(() => checkState(bad, position), UserError, "encoder.conv4.filter is Infinity at element 1");
});
