/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Switches above the rooms. */
import { type View, VIEWS } from "../../draw/camera.ts";
import { element, toggle } from "./dom.ts";

/** Names of views as people say them. */
const VIEW_NAMES: Readonly<Record<View, string>> = {
  corner: "Corner",
  "corner-2": "Corner 2",
  "corner-3": "Corner 3",
  "corner-4": "Corner 4",
  front: "Front",
  right: "Right",
  back: "Back",
  left: "Left",
  top: "Top",
};

/** What the switches do. */
export interface ToolEvents {
  onView(view: View): void;
  onChange(): void;
  onPatterns(on: boolean): void;
  onPicture(): void;
  onHelp(): void;
}

/** The toolbar. */
export class Tools {
  readonly #view: HTMLSelectElement;
  readonly #switches: Record<"cutAway" | "differences" | "patterns", HTMLInputElement>;

  constructor(bar: HTMLElement, readonly events: ToolEvents) {
    this.#view = element(
      "select",
      {
        id: "view",
        "aria-label": "View from",
        title: "View (V)",
        onchange: () => events.onView(this.view),
      },
      ...Object.keys(VIEWS).map((view) => element("option", { value: view }, VIEW_NAMES[view as View])),
    );
    const cutAway = toggle("Cut away", "C", true, () => events.onChange());
    const differences = toggle("Differences", "D", false, () => events.onChange());
    const patterns = toggle("Patterns", "P", false, (on) => events.onPatterns(on));
    cutAway.title = "Leave out the ceiling and the walls towards you";
    differences.title = "Grey where a version equals the first";
    patterns.title = "Tell classes apart without colours";
    const input = (label: HTMLElement) => label.querySelector("input")!;
    this.#switches = { cutAway: input(cutAway), differences: input(differences), patterns: input(patterns) };
    bar.append(
      cutAway,
      differences,
      patterns,
      this.#view,
      element("button", { title: "Save a picture (S)", onclick: () => events.onPicture() }, "Picture"),
      element(
        "button",
        { class: "icon", title: "Keys (?)", "aria-label": "Keys", onclick: () => events.onHelp() },
        "?",
      ),
    );
  }

  /** The view that was chosen last. */
  get view(): View {
    return this.#view.value as View;
  }

  /** Whether ceiling and near walls are left out. */
  get cutAway(): boolean {
    return this.#switches.cutAway.checked;
  }

  /** Whether only differences to the first version are coloured. */
  get differences(): boolean {
    return this.#switches.differences.checked && !this.#switches.differences.disabled;
  }

  /** Differences make sense for more than one version. */
  allowDifferences(on: boolean): void {
    this.#switches.differences.disabled = !on;
  }

  /** Names of the switches that are on. */
  get on(): string[] {
    return Object.entries(this.#switches).filter(([, { checked }]) => checked).map(([name]) => name);
  }

  /** Turns on the named switches and the others off. */
  set on(names: readonly string[]) {
    for (const [name, input] of Object.entries(this.#switches)) {
      if (input.checked !== names.includes(name)) input.click();
    }
  }

  /** Turns a switch. */
  flip(name: "cutAway" | "differences" | "patterns"): void {
    this.#switches[name].click();
  }

  /** The view after the one that was chosen last. */
  nextView(): void {
    this.#view.selectedIndex = (this.#view.selectedIndex + 1) % this.#view.length;
    this.events.onView(this.view);
  }

  /** The chosen view again. */
  sameView(): void {
    this.events.onView(this.view);
  }
}
