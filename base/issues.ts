import type { z } from "zod";

/**
 * Complaints about a value, one for each place and kind: a number that no whole number can be exceeds that bound and
 * the one of its option, which comes last and is the one to name.
 */
export function distinctIssues({ issues }: z.ZodError): z.core.$ZodIssue[] {
  return [...new Map(issues.map((issue) => [JSON.stringify([issue.path, issue.code]), issue])).values()];
}
