import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';
import { softmax } from './softmax.js';

/** Softmax over the labels of a per-token head (Qwen2.5-Math-PRM: label 1; ReasonEval: labels 1 and 2). */
export interface LabelHeadReadout {
  readonly kind: 'label-head';
  /** The labels that mean right, from 0; their shares are summed. */
  readonly positive: readonly number[];
}

export const labelHead: ReadoutKind<LabelHeadReadout> = {
  read(fields) {
    const value = fields.take('positive');
    const positive: unknown[] = Array.isArray(value) ? (value as unknown[]) : [value];
    const isLabel = (label: unknown): label is number => typeof label === 'number' && Number.isInteger(label) && label >= 0;
    if (positive.length === 0 || !positive.every(isLabel))
      return fields.fail('positive', english('the number of the label that means right, from 0, or a list of them'));
    return { kind: 'label-head', positive };
  },

  reader: ({ positive }) => ({
    columns: new Int32Array(0),
    read(values) {
      const shares = softmax(values);
      return positive.reduce((sum, label) => sum + itemAt(shares, label), 0);
    },
    checkWidth(width) {
      if (width >= 2 && Math.max(...positive) < width) return;
      throw new ModelError(
        english(
          "The graph gives {0} a token; 'readout.positive' is {1}. Two labels or more are needed, counted from 0.",
          width === 1 ? english('{0} label', width) : english('{0} labels', width),
          positive.join(', '),
        ),
      );
    },
  }),
};
