import { itemAt } from './present.js';

/** Spearman's rank correlation; ties get their mean rank. Undefined when one of the two lists does not vary. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | undefined {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length + 1) / 2;
  let [both, own, other] = [0, 0, 0];
  for (const [i, rank] of x.entries()) {
    const [ofA, ofB] = [rank - mean, itemAt(y, i) - mean];
    both += ofA * ofB;
    own += ofA ** 2;
    other += ofB ** 2;
  }
  return own === 0 || other === 0 ? undefined : both / Math.sqrt(own * other);
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((i, j) => itemAt(values, i) - itemAt(values, j));
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[itemAt(order, to)] === values[itemAt(order, from)]) to++;
    for (const place of order.slice(from, to)) result[place] = (from + to + 1) / 2;
    from = to;
  }
  return result;
}
