import { UserError } from "../../base/errors.ts";

/** An operation gave NaN or infinity. The tape adds which layer's gradient it was. */
export class NotFiniteError extends UserError {
  override name = "NotFiniteError";
}
