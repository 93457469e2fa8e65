/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What keys do. */
import { CLASS_KEYS } from "./classes_panel.ts";
import { byId, element } from "./dom.ts";

/** A key, what it does in words, and the doing. */
export type Shortcut = readonly [key: string, meaning: string, act: (event: KeyboardEvent) => void];

const KEY_NAMES: Readonly<Record<string, string>> = {
  " ": "Space",
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
};

/** Listens to keys, except where they mean something else, and fills the help. Keys with Shift are `Shift+key`. */
export function listenToKeys(shortcuts: readonly Shortcut[], toggleClass: (label: number) => void): void {
  document.addEventListener("keydown", (event) => {
    const target = event.target as HTMLElement;
    const typing = target.matches("input:not([type=checkbox], [type=range]), select, textarea");
    if (event.ctrlKey || event.metaKey || event.altKey || typing || byId<HTMLDialogElement>("help").open) return;
    if (target.matches("input[type=range]") && /^(Arrow|Home|End|Page)/.test(event.key)) return;
    if (event.key === " " && target.matches("button, input, summary")) return;
    const key = (event.shiftKey && event.key.startsWith("Arrow") ? "Shift+" : "") +
      (event.key.length === 1 ? event.key.toLowerCase() : event.key);
    const shortcut = shortcuts.find(([each]) => each === key);
    const label = CLASS_KEYS.indexOf(key as typeof CLASS_KEYS[number]);
    if (shortcut) shortcut[2](event);
    else if (label > 0) toggleClass(label);
    else return;
    event.preventDefault();
  });
  const rows = shortcuts.filter(([, meaning]) => meaning !== "");
  byId("help").append(
    element("h1", {}, "Keys"),
    element(
      "dl",
      {},
      ...rows.flatMap(([key, meaning]) => [
        element("dt", {}, element("kbd", {}, nameOf(key))),
        element("dd", {}, meaning),
      ]),
      element("dt", {}, element("kbd", {}, "1 … 9 0 -")),
      element("dd", {}, "hide or show a class"),
    ),
    element(
      "p",
      { class: "note" },
      "Drag to turn, wheel or pinch to come nearer, right button or two fingers to move.",
    ),
    element("form", { method: "dialog" }, element("button", { class: "primary" }, "Close")),
  );
}

function nameOf(key: string): string {
  const [modifier, plain] = key.startsWith("Shift+") ? ["Shift ", key.slice(6)] : ["", key];
  return modifier + (KEY_NAMES[plain] ?? plain.toUpperCase());
}
