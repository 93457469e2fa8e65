/** Points of equal length, one behind the other: the codes of a set of scenes. */
export interface Points {
  /** `[count, size]`. */
  readonly values: Float32Array | Float64Array;
  /** Numbers of a point. */
  readonly size: number;
  /** Number of points. */
  readonly count: number;
}

/** `values` as points of `size` numbers. @throws {RangeError} if they are no whole number of points. */
export function pointsOf(values: Float32Array | Float64Array, size: number): Points {
  if (values.length % size !== 0) throw new RangeError(`${values.length} numbers are no points of ${size}`);
  return { values, size, count: values.length / size };
}

/** The first `count` points. */
export function firstPoints({ values, size }: Points, count: number): Points {
  return pointsOf(values.subarray(0, count * size), size);
}

/** Squared Euclidean distances `[a.count, b.count]`. @throws {RangeError} if the points are of different size. */
export function squaredDistances(a: Points, b: Points): Float64Array {
  if (a.size !== b.size) throw new RangeError(`points of ${a.size} and of ${b.size} numbers`);
  const distances = new Float64Array(a.count * b.count);
  for (let i = 0; i < a.count; i++) {
    for (let j = 0; j < b.count; j++) {
      let sum = 0;
      for (let k = 0, p = i * a.size, q = j * b.size; k < a.size; k++, p++, q++) {
        const difference = a.values[p] - b.values[q];
        sum += difference * difference;
      }
      distances[i * b.count + j] = sum;
    }
  }
  return distances;
}

/**
 * Squared distance of each point to its k-th nearest neighbour among the others, `[count]`; infinite where there are
 * fewer than k others.
 */
export function squaredRadii(points: Points, k: number): Float64Array {
  const { count } = points, distances = squaredDistances(points, points);
  return Float64Array.from({ length: count }, (_, i) => {
    const row = distances.slice(i * count, (i + 1) * count);
    row[i] = Infinity;
    return row.sort()[k - 1] ?? Infinity;
  });
}
