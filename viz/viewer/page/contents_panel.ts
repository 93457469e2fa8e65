/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The list of runs and scenes at the left. */
import type { Catalogue, RunEntry, Sequence } from "../catalogue.ts";
import { byId, element, formatCount } from "./dom.ts";

/** Something of the folder to look at. */
export type Selection =
  | { readonly kind: "scenes"; readonly sequence: Sequence }
  | { readonly kind: "losses"; readonly run: RunEntry }
  | { readonly kind: "latent"; readonly run: RunEntry };

/** Names a selection, also in the address of the page. */
export function keyOf(selection: Selection): string {
  if (selection.kind !== "scenes") return `${selection.kind}:${selection.run.path}`;
  const { folder, title, count, grid } = selection.sequence;
  return `scenes:${folder}/${title}/${count}/${grid.join("x")}`;
}

/** Lists what the folder holds, grouped by run and by folder. */
export class ContentsPanel {
  readonly #list = element("div");
  readonly #filter: HTMLInputElement;
  #runs: readonly RunEntry[] = [];
  #entries: { button: HTMLButtonElement; selection: Selection; text: string }[] = [];

  constructor(panel: HTMLElement, readonly choose: (selection: Selection) => void, reload: () => void) {
    this.#filter = element("input", {
      type: "search",
      placeholder: "Filter",
      "aria-label": "Filter the list",
      oninput: () => this.#applyFilter(),
    });
    const again = element("button", { onclick: reload, title: "Look for new files" }, "Refresh");
    const row = element("div", { class: "row" }, this.#filter, again);
    panel.append(row, this.#list);
  }

  /** Everything that can be chosen, in the order of the list. */
  get selections(): readonly Selection[] {
    return this.#entries.map(({ selection }) => selection);
  }

  /** The run that scenes belong to: the innermost that their folder is in. */
  ownerOf({ folder }: Sequence): RunEntry | undefined {
    return this.#runs.filter(({ path }) => path === "" || folder === path || folder.startsWith(`${path}/`))
      .toSorted((one, other) => other.path.length - one.path.length)[0];
  }

  /** Fills the list. */
  show(catalogue: Catalogue): void {
    this.#entries = [];
    this.#list.replaceChildren();
    const left = new Set(catalogue.sequences);
    this.#runs = catalogue.runs;
    for (const run of catalogue.runs) {
      const sequences = catalogue.sequences.filter((sequence) => this.ownerOf(sequence) === run);
      sequences.forEach((sequence) => left.delete(sequence));
      const entries: Selection[] = [];
      if (run.losses) entries.push({ kind: "losses", run });
      if (run.checkpoint && catalogue.generates) entries.push({ kind: "latent", run });
      this.#group(
        run.title,
        [...entries, ...sequences.map(scenesOf)],
        (folder) => folder.slice(run.path.length).replace(/^\//, "").replace(/^evaluation(\/|$)/, ""),
      );
    }
    for (const [folder, sequences] of Map.groupBy(left, (sequence) => sequence.folder)) {
      this.#group(folder || catalogue.folder, sequences.map(scenesOf), () => "");
    }
    if (catalogue.problems.length > 0) {
      this.#list.append(element(
        "div",
        { class: "group" },
        element("h2", {}, "Cannot be shown"),
        ...catalogue.problems.map(({ message }) => element("p", { class: "problem" }, message)),
      ));
    }
    if (catalogue.truncated) {
      this.#list.append(element("p", { class: "note" }, "The folder holds more files than are listed here."));
    }
    this.#applyFilter();
  }

  #group(title: string, selections: readonly Selection[], where: (folder: string) => string): void {
    const group = element("div", { class: "group" }, element("h2", {}, title));
    for (const selection of selections) {
      const place = selection.kind === "scenes" ? where(selection.sequence.folder) : "";
      const name = selection.kind === "losses"
        ? "Losses"
        : selection.kind === "latent"
        ? "Latent space and new rooms"
        : selection.sequence.title;
      const count = selection.kind === "scenes" ? formatCount(selection.sequence.count) : "";
      const button = element(
        "button",
        {
          class: "entry",
          title: place ? `${name}, ${place}` : name,
          onclick: (event: Event) => this.#clicked(event, selection),
        },
        element("span", {}, name, ...place ? [element("small", {}, place)] : []),
        element("span", { class: "count" }, count),
      );
      this.#entries.push({ button, selection, text: `${title} ${name} ${place}`.toLowerCase() });
      group.append(button);
    }
    if (selections.length === 0) group.append(element("p", { class: "note" }, "Nothing to show yet."));
    this.#list.append(group);
  }

  #clicked(event: Event, selection: Selection): void {
    // After the mouse the keys are for the rooms; who came by keyboard stays in the list.
    if ((event as MouseEvent).detail > 0) byId("stage").focus({ preventScroll: true });
    this.choose(selection);
  }

  /** Marks the entry that is shown. */
  mark(key: string): void {
    for (const { button, selection } of this.#entries) {
      button.setAttribute("aria-current", String(keyOf(selection) === key));
    }
  }

  #applyFilter(): void {
    const words = this.#filter.value.toLowerCase().split(/\s+/);
    for (const { button, text } of this.#entries) button.hidden = !words.every((word) => text.includes(word));
    for (const group of this.#list.querySelectorAll<HTMLElement>(".group")) {
      const buttons = [...group.querySelectorAll<HTMLElement>(".entry")];
      group.hidden = buttons.length > 0 && buttons.every((button) => button.hidden);
    }
  }
}

function scenesOf(sequence: Sequence): Selection {
  return { kind: "scenes", sequence };
}
