/** A backend that looks at every result: finds the first operation that made NaN or infinity. */
import type { Backend, FloatType, Span } from "./backend.ts";
import { downloadFloats } from "./download.ts";
import { operationsBy } from "./calls.ts";
import { NotFiniteError } from "./not_finite_error.ts";

/**
 * The same engine, which reads back what each operation wrote: slow, for finding where a training goes wrong
 * (`--debug-nans`). The result shares the engine's memory and must not outlive it.
 *
 * Its methods throw {@link NotFiniteError} naming the operation, what the memory is for, and the first bad element.
 */
export function checkingFinite(backend: Backend): Backend {
  const checked = {
    ...operationsBy((call) => {
      call.on(backend);
      for (const { dtype, access, span, count } of call.operands) {
        if (dtype !== "u8" && access !== "read") check(backend, call.name, span, dtype, count);
      }
    }),
    upload(source: ArrayBufferView, target: Span): void {
      backend.upload(source, target);
      if (source instanceof Float32Array) check(backend, "upload", target, "f32", source.length);
    },
  };
  return new Proxy(backend, {
    get(engine, name) {
      if (Object.hasOwn(checked, name)) return checked[name as keyof typeof checked];
      const member: unknown = Reflect.get(engine, name, engine);
      return typeof member === "function" ? member.bind(engine) : member;
    },
  });
}

function check(engine: Backend, operation: string, span: Span, dtype: FloatType, count: number): void {
  const values = downloadFloats(engine, span, dtype, count);
  const first = values.findIndex((value) => !Number.isFinite(value));
  if (first < 0) return;
  const bad = values.reduce((total, value) => total + (Number.isFinite(value) ? 0 : 1), 0);
  throw new NotFiniteError(
    `${operation} gave ${
      values[first]
    } in "${span.buffer.tag}": element ${first} of ${count}, and ${bad} in all that ` +
      `are not finite; no operation before it did`,
  );
}
