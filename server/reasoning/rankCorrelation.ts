/** Spearman's rank correlation, ties by their mean rank; undefined where one of the two does not vary. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number | undefined {
  const [x, y] = [ranks(a), ranks(b)];
  const mean = (x.length + 1) / 2;
  let [both, own, other] = [0, 0, 0];
  for (let i = 0; i < x.length; i++) {
    both += (x[i]! - mean) * (y[i]! - mean);
    own += (x[i]! - mean) ** 2;
    other += (y[i]! - mean) ** 2;
  }
  return own === 0 || other === 0 ? undefined : both / Math.sqrt(own * other);
}

function ranks(values: readonly number[]): Float64Array {
  const order = values.map((_, index) => index).sort((i, j) => values[i]! - values[j]!);
  const result = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    let to = from + 1;
    while (to < order.length && values[order[to]!] === values[order[from]!]) to++;
    for (let i = from; i < to; i++) result[order[i]!] = (from + to + 1) / 2;
    from = to;
  }
  return result;
}
