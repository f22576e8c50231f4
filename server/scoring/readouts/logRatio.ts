import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';

/**
 * How much likelier the model finds a step's own tokens than its `reference` does: the sigmoid of `beta` times the sum of log model - log
 * reference, over the step (implicit PRMs: "Free Process Rewards without Process Labels", arXiv 2412.01981, q_t - q_{t-1}).
 */
export interface LogRatioReadout {
  readonly kind: 'log-ratio';
  /** Factor per nat. With the value used in training, the sigmoid is a probability. */
  readonly beta: number;
}

export const logRatio: ReadoutKind<LogRatioReadout> = {
  read(fields) {
    const beta = fields.number('beta');
    return beta > 0 ? { kind: 'log-ratio', beta } : fields.fail('beta', english('a number above 0'));
  },

  reader: ({ beta }) => ({
    columns: new Int32Array(0),
    comparesTokens: true,
    read: (values) => 1 / (1 + Math.exp(-beta * itemAt(values, 0))),
    checkWidth(width) {
      if (width > 3) return;
      throw new ModelError(
        english(
          "The graph gives {0} a token, but a 'log-ratio' reads the probabilities of a language model's vocabulary. Export the model with its language-model head.",
          width === 1 ? english('{0} score', width) : english('{0} scores', width),
        ),
      );
    },
  }),
};
