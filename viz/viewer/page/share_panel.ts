/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What is shown, to take along: files of other programs, and a link. */
import { EXPORT_FORMATS, type ExportFormat } from "../../export/formats.ts";
import { source, type Volume } from "./client.ts";
import { download, element } from "./dom.ts";

/** What {@link SharePanel} asks and tells. */
export interface ShareEvents {
  /** What is shown, without what is hidden, each with a name for its file. */
  shown(): readonly { readonly name: string; readonly volume: Volume }[];
  /** Puts all of what is seen into the address of the page, and returns it. */
  link(): string;
  onError(error: unknown): void;
}

/** A choice of formats with a button, and a button for the link. */
export class SharePanel {
  readonly #format: HTMLSelectElement;
  readonly #said = element("p", { class: "note", role: "status", id: "shared" });

  constructor(panel: HTMLElement, readonly events: ShareEvents) {
    this.#format = element(
      "select",
      { id: "format", "aria-label": "Format" },
      ...EXPORT_FORMATS.map((format) => element("option", { value: format, selected: format === "glb" }, `.${format}`)),
    );
    const act = (work: () => Promise<void>) => () => work().catch((error) => events.onError(error));
    panel.append(
      element("h2", {}, "What is shown, to take along"),
      element(
        "div",
        { class: "row" },
        this.#format,
        element("button", { id: "download", onclick: act(() => this.#download()) }, "Download"),
      ),
      element(
        "div",
        { class: "class-buttons" },
        element("button", { id: "link", onclick: act(() => this.#link()) }, "Copy a link"),
      ),
      this.#said,
    );
  }

  async #download(): Promise<void> {
    const format = this.#format.value as ExportFormat;
    for (const { name, volume } of this.events.shown()) {
      download(`${name}.${format}`, await source.exported(volume, format));
    }
  }

  async #link(): Promise<void> {
    const address = this.events.link();
    // Browsers let pages copy only where nobody can listen in.
    const copied = await navigator.clipboard?.writeText(address).then(() => true, () => false) ?? false;
    this.#said.textContent = `The address of this page brings back what you see${copied ? "; it is copied" : ""}.`;
  }
}
