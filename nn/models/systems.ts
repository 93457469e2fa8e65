/** The systems that the paper compares: its own, and the variational auto-encoders of its charts. */

/** Names of the systems, as the option `model` has them; the first is the paper's. */
export const SYSTEM_NAMES = ["fc-alphagan", "fc-vae", "vae-200", "vae-1200"] as const;

/** One of the systems. */
export type SystemName = typeof SYSTEM_NAMES[number];

/** What sets a system apart. */
export interface System {
  /** Numbers of a code without places, from a dense layer; null for codes that are convolutional, a cell per 16³ voxels. */
  readonly flatCode: number | null;
  /**
   * Whether codes are draws from a normal distribution that the encoder gives, held near N(0, 1) by its divergence.
   * Otherwise a code discriminator does that, a discriminator judges the volumes, and a refiner may follow.
   */
  readonly variational: boolean;
}

/** The systems (paper, section 4; the baselines are not in its public code). */
export const SYSTEMS: Readonly<Record<SystemName, System>> = {
  "fc-alphagan": { flatCode: null, variational: false },
  "fc-vae": { flatCode: null, variational: true },
  "vae-200": { flatCode: 200, variational: true },
  "vae-1200": { flatCode: 1200, variational: true },
};
