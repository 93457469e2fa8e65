/** Tables as text. The first row has the heads; columns are as wide as their widest cell. */

/** Cells by row and column; every row has as many. */
export type TableRows = readonly (readonly string[])[];

const widthOf = (cell: string) => [...cell].length;

/** `rows` with each cell filled up with spaces, those of columns that `isLeft` behind it, the others before it. */
function padded(rows: TableRows, isLeft: (column: number) => boolean, leastWidth: number): string[][] {
  const widths = rows[0].map((_, column) => Math.max(leastWidth, ...rows.map((row) => widthOf(row[column]))));
  return rows.map((row) =>
    row.map((cell, column) => {
      const space = " ".repeat(widths[column] - widthOf(cell));
      return isLeft(column) ? cell + space : space + cell;
    })
  );
}

/** A table for a terminal. Columns that `isLeft` are aligned to the left; by default the first is, numbers are not. */
export function alignedTable(rows: TableRows, isLeft: (column: number) => boolean = (column) => column === 0): string {
  return padded(rows, isLeft, 0).map((row) => row.join("  ").trimEnd()).join("\n");
}

/** A table in Markdown; a `|` in a cell is escaped. Columns from `firstRight` on are aligned to the right. */
export function markdownTable(rows: TableRows, firstRight = Infinity): string {
  const escaped = rows.map((row) => row.map((cell) => cell.replaceAll("|", "\\|")));
  const [heads, ...body] = padded(escaped, (column) => column < firstRight, 3);
  const rule = heads.map((head, column) =>
    column < firstRight ? "-".repeat(widthOf(head)) : `${"-".repeat(widthOf(head) - 1)}:`
  );
  return [heads, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}
