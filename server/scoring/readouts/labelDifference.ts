import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';
import { softmax } from './softmax.js';

/** Softmax over the labels of a per-token head, the share that means right less the one that means wrong: -1 to 1 (PURE-PRM). */
export interface LabelDifferenceReadout {
  readonly kind: 'label-difference';
  /** The label that means right, and the one that means wrong, from 0. */
  readonly positive: number;
  readonly negative: number;
}

export const labelDifference: ReadoutKind<LabelDifferenceReadout> = {
  read(fields) {
    const readout: LabelDifferenceReadout = {
      kind: 'label-difference',
      positive: fields.whole('positive', [0, 10_000_000], 'labels'),
      negative: fields.whole('negative', [0, 10_000_000], 'labels'),
    };
    if (readout.positive === readout.negative) fields.fail('negative', english("another label than 'positive'"));
    return readout;
  },

  reader: ({ positive, negative }) => ({
    columns: new Int32Array(0),
    read(values) {
      const shares = softmax(values);
      return itemAt(shares, positive) - itemAt(shares, negative);
    },
    checkWidth(width) {
      if (width >= 2 && Math.max(positive, negative) < width) return;
      throw new ModelError(
        english(
          "The graph gives {0} a token; 'readout' of the profile reads labels {1} and {2}, counted from 0.",
          width === 1 ? english('{0} label', width) : english('{0} labels', width),
          positive,
          negative,
        ),
      );
    },
  }),
};
