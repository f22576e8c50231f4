import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';

/** Sigmoid of the one value of a per-token head (Skywork-o1-Open-PRM, URSA). */
export interface SigmoidHeadReadout {
  readonly kind: 'sigmoid-head';
}

export const sigmoidHead: ReadoutKind<SigmoidHeadReadout> = {
  read: () => ({ kind: 'sigmoid-head' }),
  reader: () => ({
    columns: Int32Array.of(0),
    read: (values) => 1 / (1 + Math.exp(-itemAt(values, 0))),
    checkWidth(width) {
      if (width === 1) return;
      throw new ModelError(
        english(
          "The graph gives {0} scores a token, but a 'sigmoid-head' reads a head of one value. Use the profile of the model's own family.",
          width,
        ),
      );
    },
  }),
};
