import type { Family } from './family.js';

/** Models of TRL's PRMTrainer: `trl/experimental/prm`, with its default separator. */
export const trl: Family = {
  id: 'trl-prm',
  profile: {
    name: 'TRL PRM',
    layout: { kind: 'pieces', before: '{bos?}{question}', separator: '\n', byLine: false, readBack: 0 },
    trim: 'none',
    readout: { kind: 'label-head', positive: [1] },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 1024,
  },
  recognizes: ({ architecture, width, hasToken }) =>
    (architecture?.endsWith('ForTokenClassification') ?? false) &&
    !architecture?.startsWith('Ursa') &&
    !hasToken('<extra_0>') &&
    (width === undefined || width === 2),
};
