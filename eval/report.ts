/** `index.html` of an evaluation: one page that needs nothing but the files beside it. */

/** A picture of the page, by its path relative to it. */
export interface ReportPicture {
  /** Path of the file. */
  readonly file: string;
  /** What can be seen in it, for those who cannot. */
  readonly alt: string;
  /** Written below. */
  readonly caption?: string;
}

/** A table of the page. */
export interface ReportTable {
  /** Written above. */
  readonly caption: string;
  /** Headings of the columns. */
  readonly header: readonly string[];
  /** Cells of each row; the first is its heading. */
  readonly rows: readonly (readonly string[])[];
}

/** A part of the page about one mode. */
export interface ReportSection {
  /** For links within the page: letters and dashes. */
  readonly id: string;
  /** Heading. */
  readonly title: string;
  /** Paragraphs of plain text. */
  readonly text: readonly string[];
  /** The command that makes what is shown. */
  readonly command: string;
  /** Pictures. */
  readonly pictures: readonly ReportPicture[];
  /** Tables. */
  readonly tables: readonly ReportTable[];
  /** Other files to link to. */
  readonly files: readonly string[];
}

/** The whole page. */
export interface Report {
  /** Heading, e.g. the name of the run. */
  readonly title: string;
  /** Below the heading. */
  readonly lead: string;
  /** Parts in order. */
  readonly sections: readonly ReportSection[];
  /** Values by name, in a table at the end. */
  readonly facts: readonly (readonly [name: string, value: string])[];
}

/** Letters of a line that may stand above a table. */
const LONGEST_CAPTION = 120;

const STYLE = `
  :root { color-scheme: light dark; --ink: #1f2328; --pale: #59636e; --line: #d1d9e0; --back: #fff; --code: #f6f8fa; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e6edf3; --pale: #9198a1; --line: #3d444d; --back: #14181d; --code: #1f252d; }
  }
  body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); margin: 0 auto;
    max-width: 72rem; padding: 1rem 1.25rem 4rem; }
  h1 { line-height: 1.2; margin-bottom: .25rem; }
  h2 { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: 1.25rem; }
  nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; padding: 0; list-style: none; }
  p, li { max-width: 48rem; }
  pre { background: var(--code); padding: .6rem .8rem; overflow-x: auto; border-radius: 6px; }
  figure { margin: 1.25rem 0; }
  figure img { max-width: 100%; height: auto; background: #fff; border: 1px solid var(--line); border-radius: 6px; }
  figcaption, caption { color: var(--pale); text-align: left; }
  caption { padding: .25rem 0; }
  .scroll { overflow-x: auto; margin: 1.25rem 0; }
  table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
  th, td { padding: .2rem .8rem .2rem 0; border-bottom: 1px solid var(--line); text-align: right; }
  th:first-child, td:first-child { text-align: left; font-weight: normal; }
  thead th { color: var(--pale); }
  a { color: inherit; text-decoration-thickness: 1px; text-underline-offset: 2px; }
  a:focus-visible { outline: 3px solid; outline-offset: 2px; }
`;

/** The page as a document. Text is escaped; nothing is loaded from elsewhere. */
export function reportHtml({ title, lead, sections, facts }: Report): string {
  const factsTable = { caption: "Everything the results depend on", header: ["option", "value"], rows: facts };
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${escape(title)}</h1>
<p>${escape(lead)}</p>
<nav aria-label="Parts of this page"><ul>
${
    [...sections, { id: "options", title: "Options" }].map(({ id, title }) =>
      `<li><a href="#${id}">${escape(title)}</a></li>`
    ).join("\n")
  }
</ul></nav>
</header>
<main>
${sections.map(sectionHtml).join("\n")}
<section id="options"><h2>Options</h2>
${tableHtml(factsTable)}
</section>
</main>
</body>
</html>
`;
}

function sectionHtml({ id, title, text, command, pictures, tables, files }: ReportSection): string {
  return [
    `<section id="${id}"><h2>${escape(title)}</h2>`,
    ...text.map((paragraph) => `<p>${escape(paragraph)}</p>`),
    ...tables.map(tableHtml),
    ...pictures.map(pictureHtml),
    files.length > 0 ? `<p>Files: ${files.map(linkHtml).join(", ")}</p>` : "",
    `<p>Made by</p><pre><code>${escape(command)}</code></pre>`,
    "</section>",
  ].filter((line) => line !== "").join("\n");
}

function pictureHtml({ file, alt, caption }: ReportPicture): string {
  const below = caption ? `<figcaption>${escape(caption)}</figcaption>` : "";
  return `<figure><a href="${link(file)}"><img src="${link(file)}" alt="${
    escape(alt)
  }" loading="lazy"></a>${below}</figure>`;
}

function tableHtml({ caption, header, rows }: ReportTable): string {
  const cells = ([first, ...rest]: readonly string[]) =>
    `<tr><th scope="row">${escape(first)}</th>${rest.map((cell) => `<td>${escape(cell)}</td>`).join("")}</tr>`;
  return [
    `<div class="scroll"><table><caption>${escape(caption)}</caption>`,
    `<thead><tr>${header.map((cell) => `<th scope="col">${escape(cell)}</th>`).join("")}</tr></thead>`,
    `<tbody>`,
    ...rows.map(cells),
    "</tbody></table></div>",
  ].join("\n");
}

function linkHtml(file: string): string {
  return `<a href="${link(file)}">${escape(file)}</a>`;
}

/** A relative path as an address. */
function link(file: string): string {
  return file.split("/").map(encodeURIComponent).join("/");
}

function escape(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (letter) => names[letter]);
}

/** The tables of a Markdown text, each captioned by the short line above it; `caption` where there is none. */
export function tablesOf(markdown: string, caption: string): ReportTable[] {
  const lines = markdown.split("\n"), tables: ReportTable[] = [];
  let above = caption;
  for (let i = 0; i < lines.length; i++) {
    if (!lines[i].startsWith("|")) {
      const fits = !lines[i].startsWith("# ") && lines[i].length <= LONGEST_CAPTION;
      if (lines[i] !== "") above = fits ? lines[i].replace(/^#+ /, "") : caption;
      continue;
    }
    const block: string[][] = [];
    for (; i < lines.length && lines[i].startsWith("|"); i++) block.push(cellsOf(lines[i]));
    const [header, , ...rows] = block;
    tables.push({ caption: above, header, rows });
  }
  return tables;
}

function cellsOf(line: string): string[] {
  return line.trim().slice(1, -1).split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll("\\|", "|"));
}

/** The paragraphs of a Markdown text: no headings, tables, or marks of emphasis. */
export function paragraphsOf(markdown: string): string[] {
  return markdown.split(/\n\n+/).map((block) => block.trim()).filter((block) => block !== "" && !/^[#|]/.test(block))
    .map((block) => block.replaceAll(/[*`]/g, "").replaceAll("\n", " "));
}
