import { assertEquals } from "@std/assert";
import { z } from "zod";
import { helpText } from "../../base/command.ts";

Deno.test("helpText: options under the headings that stand above them, help first", () => {
  const options = z.object({
    size: z.int().default(3).describe("how large"),
    refineBatch: z.int().optional().describe("scenes"),
    keep: z.boolean().default(false).describe("keep all"),
  });
  const help = helpText({
    name: "deno task x",
    summary: "Does it.",
    options,
    headings: { refineBatch: "Later" },
    run() {},
  });
  assertEquals(help.split("\n").slice(2, 11).map((line) => line.trim().replaceAll(/ +/g, " ")), [
    "Usage: deno task x [options]",
    "",
    "Options:",
    "-h, --help show this help",
    "--size <n> how large [3]",
    "",
    "Later:",
    "--refine-batch <n> scenes",
    "--keep keep all",
  ]);
});
