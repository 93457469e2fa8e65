import type { Backend, FloatType, Span } from "./backend.ts";

/** `count` numbers that an engine holds, as float32, after everything issued before. */
export function downloadFloats(
  engine: Backend,
  source: Span,
  dtype: FloatType,
  count: number,
): Float32Array<ArrayBuffer> {
  if (dtype === "f32") {
    const numbers = new Float32Array(count);
    engine.download(source, numbers);
    return numbers;
  }
  const halves = new Uint16Array(count);
  engine.download(source, halves);
  return new Float32Array(Uint32Array.from(halves, (half) => half << 16).buffer);
}
