/** Version of this program, written into what it saves; the same as in deno.json. */
export const VERSION = "0.1.0";
