/** How long the systems are trained, and on how many scenes they are judged. */

/** Name of a budget. */
export type BudgetName = "tiny" | "small" | "full";

/** Names of the budgets, short to long. */
export const BUDGET_NAMES = ["tiny", "small", "full"] as const satisfies readonly BudgetName[];

/** A budget. */
export interface Budget {
  /** Options of every run, over those of their preset. */
  readonly options: Readonly<Record<string, unknown>>;
  /** Held-out scenes to reconstruct. */
  readonly scenes: number;
}

/**
 * Sizes of the two budgets for a processor. The grid has 3 × 2 × 3 latent cells, so that places mean something, and 64
 * channels make the convolutional code 1,152 numbers, as many as the larger flat one within four per cent: in the paper
 * both have 1,200. The learning rate stays as it is, as the paper's does, and rooms are as many as in docs/study.
 */
const REDUCED = { preset: "small", cooldown: 0, scenes: 8192, grid: [48, 32, 48], latentChannels: 64 };

/** The budgets. */
export const BUDGETS: Readonly<Record<BudgetName, Budget>> = {
  tiny: { options: { ...REDUCED, iterations: 300, refineIterations: 80, tick: 25, snapshot: 100 }, scenes: 48 },
  small: { options: { ...REDUCED, iterations: 1000, refineIterations: 250, tick: 50, snapshot: 250 }, scenes: 100 },
  full: { options: { preset: "full" }, scenes: 200 },
};
