import { t } from '../../server/l10n.js';
import type { NodeView } from '../../server/protocol/problemView.js';

/** Color bins on each side of the threshold; `theme.css` defines `--sl-v0` ... `--sl-v9`. */
const SIDE = 5;
export const BINS = 2 * SIDE;

/**
 * The color bin of a value in [0, 1]: 0-4 below the threshold (0 the lowest), 5-9 from it upwards (9 the highest). Each
 * side is divided evenly, so the hue changes at the threshold. Undefined for a missing value.
 */
export function valueBin(value: number | null | undefined, threshold: number): number | undefined {
  if (value === null || value === undefined || Number.isNaN(value)) return undefined;
  if (value < threshold) return Math.max(0, Math.min(SIDE - 1, Math.floor((value / threshold) * SIDE)));
  const above = threshold >= 1 ? 1 : (value - threshold) / (1 - threshold);
  return SIDE + Math.max(0, Math.min(SIDE - 1, Math.floor(above * SIDE)));
}

/** `0.42`, `1.00`, and a dash for a missing value. */
export function formatValue(value: number | null | undefined): string {
  return value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(2);
}

export const SOURCE_NAMES = {
  human: t('human label'),
  mc: t('rollouts'),
  prm: 'PRM',
  recordedPrm: t('PRM in the file'),
  judge: t('LLM judge'),
} as const;

/** Where a node's value comes from, in the few words that fit a card: `7/16 rollouts`, `PRM`, `assumed`. */
export function sourceLabel(node: NodeView): string {
  if (node.assumed) return t('assumed');
  if (node.source === null) return t('no value');
  if (node.source === 'mc' && node.mc?.total !== undefined && node.mc.correct !== undefined)
    return t('{0}/{1} rollouts', node.mc.correct, node.mc.total);
  return SOURCE_NAMES[node.source];
}

/** The short form of `sourceLabel`: `7/16`, `PRM`; empty for rollouts that were not counted. */
export function shortSource(node: NodeView): string {
  if (node.assumed) return t('assumed');
  if (node.source === 'mc' && node.mc?.total !== undefined && node.mc.correct !== undefined) return `${node.mc.correct}/${node.mc.total}`;
  return { human: t('human'), mc: '', prm: 'PRM', recordedPrm: 'PRM', judge: t('judge'), none: '–' }[node.source ?? 'none'];
}
