/** A request that is answered with a status other than 200 and one sentence that says why. */
export class RequestError extends Error {
  override readonly name = "RequestError";

  constructor(
    /** HTTP status. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}
