/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Small helpers to build the page. Text never becomes markup. */

/** Properties of {@link element}: attributes, and `on…` for listeners. */
export interface Properties {
  readonly class?: string;
  readonly title?: string;
  readonly [attribute: string]: string | number | boolean | undefined | ((event: Event) => void);
}

/** Makes an element: attributes by name (true sets an empty one, false leaves it out), listeners as `onclick` etc. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Properties = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (typeof value === "function") made.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children);
  return made;
}

/** The element of index.html with an id. */
export function byId<Kind extends HTMLElement = HTMLElement>(id: string): Kind {
  return document.getElementById(id) as Kind;
}

/** A checkbox that looks like a switch, with its label. */
export function toggle(text: string, key: string, on: boolean, change: (on: boolean) => void): HTMLLabelElement {
  const input = element("input", { type: "checkbox", role: "switch", onchange: () => change(input.checked) });
  input.checked = on;
  return element("label", { class: "toggle" }, input, element("span", {}, text), element("kbd", {}, key));
}

/** Saves a file as the browser saves downloads. */
export function download(name: string, content: Blob): void {
  const address = URL.createObjectURL(content);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000); // by then it has begun
}

/** A whole number with thin spaces between thousands. */
export function formatCount(value: number): string {
  return value.toLocaleString("en").replaceAll(",", "\u2009");
}
