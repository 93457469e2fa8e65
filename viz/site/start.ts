/// <reference lib="dom" />
/** Starts the page of a static site. */
import "./page.ts";
import "../viewer/page/main.ts";
