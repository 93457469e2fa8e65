/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** What the page says when something is wrong or there is nothing to show. */
import { byId, element } from "./dom.ts";

/** Says what went wrong in one line, and offers to try again, or what else `offer` says. */
export function complain(error: unknown, again: () => void, offer = "Try again"): void {
  const message = byId("message");
  message.hidden = false;
  const text = error instanceof Error ? error.message : String(error);
  message.replaceChildren(element("span", {}, text), element("button", { onclick: again }, offer));
}

/** Takes the line away. */
export function clearComplaint(): void {
  byId("message").hidden = true;
}

/** Says that the folder holds nothing to look at, and how to fill it. */
export function showEmpty(): void {
  const empty = byId("empty"), code = (text: string) => element("code", {}, text);
  empty.hidden = false;
  empty.replaceChildren(
    element("p", {}, "There are no runs and no volumes in this folder yet."),
    element("p", {}, "Train with ", code("deno task train"), " or make rooms with ", code("deno task data make"), "."),
  );
  byId("player").hidden = true;
}
