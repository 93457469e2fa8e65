/** Tables as comma-separated values (RFC 4180), with line feeds as all text files of this project. */
import { parse, stringify } from "@std/csv";
import { UserError } from "./errors.ts";

/** Rows of a table, the heads first. */
export type CsvRows = readonly (readonly (string | number)[])[];

/** The text of a table; cells are quoted where they need it, numbers unrounded, NaN is `nan`. */
export function csvText(rows: CsvRows): string {
  const cells = rows.map((row) => row.map((cell) => Number.isNaN(cell) ? "nan" : cell));
  return stringify(cells).replaceAll("\r\n", "\n");
}

/** The cells of a table, row by row, the heads first. @throws {UserError} naming `path` if a quote is not closed. */
export function parseCsv(text: string, path: string): string[][] {
  try {
    return parse(text);
  } catch (cause) {
    throw new UserError(`${path}: no comma-separated values: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}
