/** Sizes and factors of the calls of operations: what `operations.ts` describes operands and work by. */

/** Operations on so many numbers. */
export interface Flat {
  /** Numbers in each operand. */
  readonly count: number;
}

/** Operations that may add their result to what the output holds. */
export interface Accumulating {
  /** Add instead of overwrite. */
  readonly accumulate: boolean;
}

/** Spatial sizes in the order depth, height, width. */
export type Size3 = readonly [depth: number, height: number, width: number];

/**
 * A 3-D convolution seen in its forward direction, from the large side ("input", `channels` C) to the small side
 * ("output", `filters` K): output = floor((input + 2·padding − kernel) / stride) + 1 on each axis. A transposed
 * convolution is the input gradient of such a convolution. Cross-correlation, as in every framework.
 */
export interface ConvGeometry {
  /** Samples n, the first axis of both sides. */
  readonly batch: number;
  /** Voxels of the large side. */
  readonly input: Size3;
  /** Channels C of the large side. */
  readonly channels: number;
  /** Voxels of the small side. */
  readonly output: Size3;
  /** Channels K of the small side. */
  readonly filters: number;
  /** Taps on each axis. */
  readonly kernel: Size3;
  /** Step of the kernel in voxels of the large side, the same on every axis. */
  readonly stride: number;
  /** Zeros on each axis beside the large side, before and behind it alike. */
  readonly padding: Size3;
}

/** A convolution. */
export interface Convolution {
  /** Its sizes. */
  readonly geometry: ConvGeometry;
}

/**
 * C[m,n] (+)= op(A) · op(B): A is `[m,k]` (`[k,m]` if transposed), B is `[k,n]` (`[n,k]` if transposed). `batch` such
 * products at once, of matrices that follow one another.
 */
export interface GemmShape {
  /** Products. */
  readonly batch: number;
  /** Rows of C. */
  readonly m: number;
  /** Columns of C. */
  readonly n: number;
  /** Length of the sums: columns of op(A), rows of op(B). */
  readonly k: number;
  /** A lies in memory as `[k, m]`. */
  readonly transposeA: boolean;
  /** B lies in memory as `[n, k]`. */
  readonly transposeB: boolean;
}

/** y = x for x ≥ 0 (x > 0 when slope is 0), slope·x below. Slope 1 is the identity, 0 is ReLU, 0.2 the leaky ReLU. */
export interface Activation {
  /** Factor below 0, from 0 to 1. */
  readonly slope: number;
}

/** Statistics per column over the rows of `[rows, channels]`. */
export interface ColumnsShape {
  /** Samples × voxels: what mean and variance are taken over. */
  readonly rows: number;
  /** Columns. */
  readonly channels: number;
}

/** Normalisation per column, each with a gain and a bias of its own, followed by an activation. */
export interface BatchNormShape extends ColumnsShape, Activation {
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

/** Statistics per row of `[samples, features]` with one gain and one bias for all, followed by an activation. */
export interface LayerNormShape extends Activation {
  /** Rows, each normalised by itself. */
  readonly samples: number;
  /** Voxels × channels: what mean and variance are taken over. */
  readonly features: number;
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

/** `[outer, groups, repeat, channels]`, where a group is what shares a row of `[groups, channels]`. */
export interface GroupedRows {
  /** How often the sequence of groups comes. */
  readonly outer: number;
  /** Rows of `[groups, channels]`. */
  readonly groups: number;
  /** Rows in succession that belong to one group. */
  readonly repeat: number;
  /** Length of a row. */
  readonly channels: number;
}

/** Normalisation of each row of `[samples·cells, channels]`, scaled and shifted by what its sample is given. */
export interface ModulatedNormShape {
  /** Rows of the modulation `[samples, blocks·channels]`. */
  readonly samples: number;
  /** Rows of each sample. */
  readonly cells: number;
  /** Length of a row: what mean and variance are taken over. */
  readonly channels: number;
  /** How many times as long a row of the modulation is. */
  readonly blocks: number;
  /** Which block scales. */
  readonly scale: number;
  /** Which block shifts. */
  readonly shift: number;
  /** Added to the variance before its root. */
  readonly epsilon: number;
}

/** An array with its axes in another order. */
export interface Permutation {
  /** Sizes of x, outermost first; at most five. */
  readonly sizes: readonly number[];
  /** Which axis of x is each axis of y. The last one stays the last. */
  readonly order: readonly number[];
}

/** `[rows, classes]`, a distribution in each row. */
export interface RowsShape {
  /** Samples × voxels. */
  readonly rows: number;
  /** Length of a row. */
  readonly classes: number;
}

/** Factors of the class-weighted, γ-balanced reconstruction loss of the paper (section 3.2). */
export interface ReconstructionFactors {
  /** Batch size n that the loss is averaged over. */
  readonly samples: number;
  /** Weight γ of the true class against 1 − γ for the others. */
  readonly gamma: number;
  /** Added inside both logarithms. */
  readonly epsilon: number;
}

/** The reconstruction loss; rows = samples × voxels. */
export interface ReconstructionShape extends RowsShape, ReconstructionFactors {}

/** Gradient of a softmax, and of the reconstruction loss of its output where there is one. */
export interface SoftmaxBackwardShape extends RowsShape {
  /** `scale` is the factor of the loss in the total cost (λ), before the division by `samples`. */
  readonly reconstruction: ReconstructionFactors & { readonly scale: number } | null;
}

/** Binary cross-entropy of `count` logits that all have one label. */
export interface BceShape extends Flat, Accumulating {
  /** 1 real, 0 made up. */
  readonly target: 0 | 1;
}

/** One Adam step in TensorFlow's form: var −= lr·√(1−β2^t)/(1−β1^t) · m / (√v + ε). */
export interface AdamStep {
  /** Step size lr. */
  readonly learningRate: number;
  /** Decay of m, the running mean of the gradient. */
  readonly beta1: number;
  /** Decay of v, the running mean of the squared gradient. */
  readonly beta2: number;
  /** ε, added to √v ("ε hat": outside the bias correction). */
  readonly epsilon: number;
  /** t, from 1. */
  readonly step: number;
}
