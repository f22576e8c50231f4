/** The share of each value: exp(value) over their sum, without overflow. */
export function softmax(values: Float32Array): Float64Array {
  const highest = values.reduce((a, b) => Math.max(a, b), -Infinity);
  const shares = Float64Array.from(values, (value) => Math.exp(value - highest));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}
