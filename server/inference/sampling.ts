import type { Random } from '../reasoning/random.js';

/**
 * Draws a token from the softmax of `logits` / `temperature`, with one number of `random` and the inverse of the
 * cumulative distribution. At temperature 0 it takes the likeliest token, and of equal ones the first. `banned` tokens
 * are excluded. Throws when the logits are not numbers.
 */
export function drawToken(logits: Float32Array, temperature: number, banned: ReadonlySet<number>, random: Random): number {
  let likeliest = -1;
  for (let id = 0; id < logits.length; id++) {
    if (Number.isNaN(logits[id]!)) throw new Error("the graph's scores are not numbers (NaN)");
    if (!banned.has(id) && (likeliest < 0 || logits[id]! > logits[likeliest]!)) likeliest = id;
  }
  if (likeliest < 0 || !Number.isFinite(logits[likeliest]!)) throw new Error("the graph's scores leave no token to draw");
  if (temperature === 0) return likeliest;

  const highest = logits[likeliest]!;
  const weight = (id: number) => (banned.has(id) ? 0 : Math.exp((logits[id]! - highest) / temperature));
  let sum = 0;
  for (let id = 0; id < logits.length; id++) sum += weight(id);
  let rest = random() * sum;
  for (let id = 0; id < logits.length; id++) {
    rest -= weight(id);
    if (rest < 0) return id;
  }
  // Rounding may leave a small remainder of the sum.
  return likeliest;
}
