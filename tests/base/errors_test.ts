import { assertEquals } from "@std/assert";
import { messageFor, UserError } from "../../base/errors.ts";

class DeviceError extends Error {
  readonly remedy = "restart it";
}

Deno.test("messageFor: what people can mend, a remedy from any depth, nothing for faults of ours", () => {
  assertEquals(messageFor(new UserError("no such file")), "no such file");
  assertEquals(messageFor(new DeviceError("lost")), "lost; restart it");
  assertEquals(messageFor(new Error("layer 3", { cause: new DeviceError("lost") })), "lost; restart it");
  assertEquals(messageFor(new RangeError("index")), null);
  assertEquals(messageFor(new Error("while training", { cause: new UserError("no such file") })), null);
  assertEquals(messageFor("text"), null);
});
