/** Looks over an engine's shoulder: every operation passes by an observer. */
import type { Backend } from "../../../nn/backend/backend.ts";
import { operationName } from "./operation_name.ts";

/** Gets the name of each operation (see {@link operationName}) and runs it, once. */
export type Observer = (operation: string, run: () => unknown) => unknown;

/** Methods of an engine that compute nothing. */
const NO_OPERATIONS: ReadonlySet<string | symbol> = new Set([
  ...["allocate", "release", "repeated", "upload", "download", "synchronize"],
  Symbol.dispose,
]);

/** An engine that does what another does, and an observer that may be changed while it works. */
export class WatchedBackend<Engine extends Backend> {
  /** The engine, watched. Disposing it disposes the one behind it. */
  readonly backend: Engine;
  /** Who sees the operations; nobody at first. */
  observer: Observer | null = null;

  constructor(engine: Engine) {
    const methods = new Map<string | symbol, unknown>();
    this.backend = new Proxy(engine, {
      get: (target, property) => {
        const known = methods.get(property);
        if (known) return known;
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        // Called on the engine itself: its private fields are not the proxy's.
        const run = (...args: unknown[]): unknown => Reflect.apply(value, target, args);
        const method = NO_OPERATIONS.has(property)
          ? run
          : (...args: unknown[]) =>
            this.observer
              ? this.observer(operationName(String(property), args[0] as object), () => run(...args))
              : run(...args);
        methods.set(property, method);
        return method;
      },
    });
  }
}
