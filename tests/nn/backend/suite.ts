/** The tests that every engine has to pass: each operation against the reference, over odd shapes. */
import type { Backend } from "../../../nn/backend/backend.ts";
import { convCases } from "./suite/conv_cases.ts";
import { determinismCases } from "./suite/determinism_cases.ts";
import { elementwiseCases } from "./suite/elementwise_cases.ts";
import { gemmCases } from "./suite/gemm_cases.ts";
import { gaussianCases } from "./suite/gaussian_cases.ts";
import { lossCases } from "./suite/loss_cases.ts";
import { memoryCases } from "./suite/memory_cases.ts";
import { normCases } from "./suite/norm_cases.ts";
import { randomCases } from "./suite/random_cases.ts";
import { rowCases } from "./suite/row_cases.ts";
import { Twin } from "./suite/twin.ts";

/** Options of {@link backendSuite}. */
export interface SuiteOptions {
  /**
   * Bound on the error of a sum of n products of standard normal numbers, divided by √n. Default 3e-6: float32 sums in
   * any order. Engines that round operands (TF32, bfloat16) need more.
   */
  readonly sumTolerance?: number;
  /** Whether the same call gives the same bits every time; default true. */
  readonly deterministic?: boolean;
}

/** Registers the tests of an engine. It is opened once before the tests of the file and disposed after them. */
export function backendSuite(name: string, open: () => Promise<Backend>, options: SuiteOptions = {}): void {
  const { sumTolerance = 3e-6, deterministic = true } = options;
  let engine: Backend | null = null;
  const backend = () => {
    if (!engine) throw new Error(`${name} is not open`);
    return engine;
  };
  Deno.test.beforeAll(async () => {
    engine = await open();
  });
  Deno.test.afterAll(() => engine?.[Symbol.dispose]());

  const suite = {
    test: (what: string, body: () => void) => Deno.test(`${name} ${what}`, body),
    backend,
    twin: () => new Twin(backend()),
    sumTolerance,
  };
  memoryCases(suite);
  elementwiseCases(suite);
  randomCases(suite);
  convCases(suite);
  gemmCases(suite);
  rowCases(suite);
  normCases(suite);
  lossCases(suite);
  gaussianCases(suite);
  if (deterministic) determinismCases(suite);
}
