import { firstPoints, type Points, squaredDistances } from "./distances.ts";

/**
 * Leave-one-out 1-nearest-neighbour two-sample test: for each point of both sets 1 if its nearest other point is of its
 * own set, ½ if both sets have one at that distance, else 0. The mean is the accuracy of a classifier that tells the
 * sets apart: ½ if they are from one distribution, 1 if they are apart, below ½ if points of one set are copies of the
 * other's. (D. Lopez-Paz and M. Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017; for shapes G. Yang et al.,
 * "PointFlow", ICCV 2019.) Of the larger set, the first as many points as the smaller one has are taken.
 */
export function nearestNeighbourHits(a: Points, b: Points): Float64Array {
  const count = Math.min(a.count, b.count);
  if (count < 2) return new Float64Array(0);
  const [first, second] = [firstPoints(a, count), firstPoints(b, count)];
  const between = squaredDistances(first, second);
  const hits = new Float64Array(2 * count);
  [first, second].forEach((own, set) => {
    const within = squaredDistances(own, own);
    for (let i = 0; i < count; i++) {
      let ofOwn = Infinity, ofOther = Infinity;
      for (let j = 0; j < count; j++) {
        if (j !== i) ofOwn = Math.min(ofOwn, within[i * count + j]);
        ofOther = Math.min(ofOther, between[set === 0 ? i * count + j : j * count + i]);
      }
      hits[set * count + i] = ofOwn < ofOther ? 1 : ofOwn === ofOther ? 0.5 : 0;
    }
  });
  return hits;
}
