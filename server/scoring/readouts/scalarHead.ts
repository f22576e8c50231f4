import { english } from '../../l10n.js';
import { ModelError } from '../../models/modelError.js';
import { itemAt } from '../../reasoning/present.js';
import type { ReadoutKind } from './readouts.js';

/** The one value of a per-token head as it is; `range` of the profile maps it to [0, 1]. */
export interface ScalarHeadReadout {
  readonly kind: 'scalar-head';
}

export const scalarHead: ReadoutKind<ScalarHeadReadout> = {
  read: () => ({ kind: 'scalar-head' }),
  reader: () => ({
    columns: Int32Array.of(0),
    read: (values) => itemAt(values, 0),
    checkWidth(width) {
      if (width === 1) return;
      throw new ModelError(
        english(
          "The graph gives {0} scores a token, but a 'scalar-head' reads a head of one value. Use the profile of the model's own family.",
          width,
        ),
      );
    },
  }),
};
