/** JSON from files. */
import type { z } from "zod";
import { UserError } from "./errors.ts";

/** Parses and checks JSON text. @throws {UserError} that names the file, the first bad field and what is wrong. */
export function parseJson<T>(text: string, path: string, schema: z.ZodType<T>): T {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new UserError(`${path} is not JSON: ${cause instanceof Error ? cause.message : cause}`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new UserError(`${path}: ${issue.path.join(".") || "the file"}: ${issue.message}`);
}
