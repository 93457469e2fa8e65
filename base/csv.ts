/** Tables as comma-separated values (RFC 4180), with line feeds as all text files of this project. */
import { parse, stringify } from "@std/csv";

/** Rows of a table, the heads first. */
export type CsvRows = readonly (readonly (string | number)[])[];

/** The text of a table; cells are quoted where they need it, numbers unrounded, NaN is `nan`. */
export function csvText(rows: CsvRows): string {
  const cells = rows.map((row) => row.map((cell) => Number.isNaN(cell) ? "nan" : cell));
  return stringify(cells).replaceAll("\r\n", "\n");
}

/** The cells of a table, row by row, the heads first. @throws {SyntaxError} if a quote is not closed. */
export function parseCsv(text: string): string[][] {
  return parse(text);
}
