const COUNTED = [
  "ArrayBuffer",
  "Uint8Array",
  "Int8Array",
  "Uint16Array",
  "Int16Array",
  "Uint32Array",
  "Int32Array",
  "Float32Array",
  "Float64Array",
  "BigInt64Array",
  "BigUint64Array",
] as const;

/** Bytes that typed arrays took while `body` ran: every `new …Array(count)`, whoever calls it. */
export async function allocatedBytes(body: () => Promise<void>): Promise<number> {
  const scope = globalThis as unknown as Record<string, unknown>;
  const originals = COUNTED.map((name) => scope[name]);
  let bytes = 0;
  COUNTED.forEach((name, i) => {
    const itemBytes = (originals[i] as { BYTES_PER_ELEMENT?: number }).BYTES_PER_ELEMENT ?? 1;
    scope[name] = new Proxy(originals[i] as new (...args: unknown[]) => object, {
      construct(target, args, newTarget) {
        if (typeof args[0] === "number") bytes += args[0] * itemBytes;
        return Reflect.construct(target, args, newTarget);
      },
    });
  });
  try {
    await body();
  } finally {
    COUNTED.forEach((name, i) => scope[name] = originals[i]);
  }
  return bytes;
}
