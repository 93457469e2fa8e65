import { RequestError } from "./request_error.ts";

/** Reads the body of a request. @throws {RequestError} 413 as soon as it is longer than `limitBytes`. */
export async function readBody(request: Request, limitBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const tooLong = () => new RequestError(413, `the request's body is longer than ${limitBytes} bytes`);
  if (Number(request.headers.get("content-length") ?? 0) > limitBytes) throw tooLong();
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of request.body ?? []) {
    length += chunk.length;
    if (length > limitBytes) throw tooLong();
    chunks.push(chunk);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    body.set(chunk, at);
    at += chunk.length;
  }
  return body;
}
