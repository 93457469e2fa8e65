import { z } from "zod";
import { UNKNOWN_PATTERN } from "./unknown_labels.ts";

/** Checks the text of `--unknown`; the class that it names is looked up by `withUnknown`. */
export const unknownSchema: z.ZodType<string> = z.string()
  .regex(
    UNKNOWN_PATTERN,
    'expected labels, e.g. 254, or labels and the class that they become, e.g. "254,255 as wall"',
  );
