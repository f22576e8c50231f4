/** 97.5 % quantile of the standard normal distribution: two-sided 95 %. */
const Z = 1.959963984540054;

/**
 * Wilson score interval, 95 %, of a share `correct / total` (E. B. Wilson, JASA 22, 1927): unlike the plain normal
 * interval it stays inside [0, 1] and is informative at 0 and at 1, where most step labels are. Undefined when nothing
 * was sampled or the counts do not fit together.
 */
export function wilsonInterval(correct: number, total: number): readonly [low: number, high: number] | undefined {
  if (!(total > 0) || !(correct >= 0) || correct > total || !Number.isFinite(total)) return undefined;
  const share = correct / total;
  const z2 = Z * Z;
  const center = (share + z2 / (2 * total)) / (1 + z2 / total);
  const half = (Z / (1 + z2 / total)) * Math.sqrt((share * (1 - share)) / total + z2 / (4 * total * total));
  return [correct === 0 ? 0 : center - half, correct === total ? 1 : center + half];
}
