import { t } from '../l10n.js';
import type { McValue, ValueSource } from '../reasoning/stepValue.js';
import { wilsonInterval } from '../reasoning/wilson.js';

/** The name of a source in every text for people. */
export const sourceNames: Readonly<Record<ValueSource, string>> = {
  prm: 'PRM',
  get mc() {
    return t('rollouts');
  },
  get recordedPrm() {
    return t('PRM in file');
  },
  get judge() {
    return t('judge');
  },
  get human() {
    return t('human label');
  },
};

/** The mark beside the value of the first low step; later low steps have the number alone. */
export const lowMark = '▼';

/** Formats with two decimals, or up to four if needed to stay on the value's own side of the threshold. */
export function formatStepValue(value: number, threshold?: number): string {
  if (threshold === undefined) return value.toFixed(2);
  for (let digits = 2; digits < 4; digits++) {
    const text = value.toFixed(digits);
    if (Number(text) < threshold === value < threshold) return text;
  }
  return value.toFixed(4);
}

export function formatChange(change: number): string {
  const size = Math.abs(change).toFixed(2);
  return `${size === '0.00' ? '±' : change < 0 ? '-' : '+'}${size}`;
}

/** `3/16 right [0.07, 0.43]`; undefined when the file does not have the counts. */
export function formatRollouts(mc: McValue): string | undefined {
  if (mc.correct === undefined || mc.total === undefined) return undefined;
  const interval = wilsonInterval(mc.correct, mc.total);
  const share = t('{0}/{1} right', mc.correct, mc.total);
  return interval ? `${share} [${interval[0].toFixed(2)}, ${interval[1].toFixed(2)}]` : share;
}

/** The share of right rollouts as a bar of ten signs; empty for a value without rollouts. */
export function shareBar({ value, assumed, hard }: McValue): string {
  if (assumed === true || hard === true) return '';
  const full = Math.round(10 * value);
  return `${'▰'.repeat(full)}${'▱'.repeat(10 - full)}`;
}

/** Describes the evidence for the value; empty when the file has none. */
export function describeRollouts(mc: McValue): string {
  const parts: string[] = [];
  if (mc.assumed) parts.push(t('assumed: part of a correct rollout, nothing was sampled from here'));
  if (mc.hard) parts.push(t('hard label: the share was already cut to 0 or 1'));
  if (mc.total === 1) parts.push(t('one sample'));
  if (mc.correct !== undefined && mc.total !== undefined) {
    const interval = wilsonInterval(mc.correct, mc.total);
    parts.push(
      interval
        ? t('{0} of {1} right, 95 % interval [{2}, {3}]', mc.correct, mc.total, interval[0].toFixed(2), interval[1].toFixed(2))
        : t('{0} of {1} right', mc.correct, mc.total),
    );
  }
  return parts.join('; ');
}

export function describeHuman(label: -1 | 0 | 1): string {
  return label < 0 ? t('wrong') : label > 0 ? t('right') : t('neutral');
}

/** The first words of a text on one line, at most `length` characters; never half a surrogate pair. */
export function oneLine(text: string, length: number): string {
  const line = text
    .slice(0, length * 4)
    .replace(/\s+/g, ' ')
    .trim();
  if (line.length <= length) return line;
  const cut = line.slice(0, length - 1).replace(/[\uD800-\uDBFF]$/, '');
  return `${cut.trimEnd()}…`;
}
