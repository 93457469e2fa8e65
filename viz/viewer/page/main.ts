/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** Starts the page. */
import { App } from "./app.ts";
import { byId } from "./dom.ts";

try {
  await new App().load();
} catch (error) {
  const message = byId("message");
  message.hidden = false;
  message.textContent = `The viewer cannot start: ${error instanceof Error ? error.message : error}. ` +
    "It needs a browser with WebGL 2.";
}
