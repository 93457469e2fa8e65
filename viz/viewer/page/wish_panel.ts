/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What a new room is asked to be like: its type, classes that it must have or must not have. */
import { PAPER_CLASSES } from "../../../data/classes.ts";
import type { ModelInfo, RoomWish } from "../catalogue.ts";
import { element } from "./dom.ts";

/** What may be asked of a class, in the order that a button goes through. */
const DEMANDS = ["any", "with", "without"] as const;
type Demand = typeof DEMANDS[number];

/** A wish in words, for a caption. */
export function wishWords({ type, with: present, without }: RoomWish): string[] {
  const list = (word: string, names: readonly string[]) => names.length > 0 ? [`${word} ${names.join(" and ")}`] : [];
  return [...type === undefined ? [] : [type], ...list("with", present), ...list("without", without)];
}

/** A list of types, and a button for each class that goes from any to with to without. */
export class WishPanel {
  readonly element: HTMLElement = element("div", { class: "wish", hidden: true });
  #types = element("select");
  #demands = new Map<string, Demand>();
  /** The model that the controls are for. */
  #shown = "";

  /** @param onChange told when something else is asked. */
  constructor(readonly onChange: () => void) {}

  /** What is asked. */
  get wish(): RoomWish {
    const names = (demand: Demand) => [...this.#demands].filter(([, each]) => each === demand).map(([name]) => name);
    return { type: this.#types.value || undefined, with: names("with"), without: names("without") };
  }

  /** Shows what can be asked of a model; what is asked stays if that is the same. */
  show({ types, classes = PAPER_CLASSES }: ModelInfo): void {
    const shown = JSON.stringify([types, classes.names]);
    if (shown === this.#shown) return;
    this.#shown = shown;
    this.#demands.clear();
    this.element.hidden = types === null;
    const options = ["", ...types ?? []].map((type) => element("option", { value: type }, type || "any"));
    this.#types = element("select", { "aria-label": "Type of room", onchange: () => this.onChange() }, ...options);
    this.element.replaceChildren(
      ...types && types.length > 0
        ? [element("label", { class: "row" }, element("span", {}, "Type"), this.#types)]
        : [],
      element("p", { class: "note" }, "With (+) or without (−) a class: press it once, or twice."),
      element("div", { class: "demands" }, ...classes.names.slice(1).map((name) => this.#button(name))),
    );
  }

  #button(name: string): HTMLButtonElement {
    const button = element("button", {
      onclick: () => {
        const next = DEMANDS[(DEMANDS.indexOf(this.#demands.get(name) ?? "any") + 1) % DEMANDS.length];
        this.#demands.set(name, next);
        describe(next);
        this.onChange();
      },
    });
    const describe = (demand: Demand) => {
      button.textContent = `${{ any: "", with: "+ ", without: "− " }[demand]}${name}`;
      button.setAttribute("aria-label", demand === "any" ? `${name}: with or without` : `${demand} ${name}`);
      button.classList.toggle("asked", demand !== "any");
    };
    describe("any");
    return button;
  }
}
