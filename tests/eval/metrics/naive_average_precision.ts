/** sklearn's average precision written down literally, with sorted index lists: the oracle of the fast one. */
export function naiveAveragePrecision(truth: readonly boolean[], scores: readonly number[]): number {
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]);
  const positives = truth.filter(Boolean).length;
  let average = 0, recall = 0, found = 0;
  order.forEach((index, rank) => {
    if (truth[index]) found++;
    const lastOfItsThreshold = rank === order.length - 1 || scores[order[rank + 1]] !== scores[index];
    if (!lastOfItsThreshold) return;
    average += (found / positives - recall) * (found / (rank + 1));
    recall = found / positives;
  });
  return positives === 0 ? NaN : average;
}
