import type { Family } from './family.js';
import { qwenMathPrm } from './qwenMathPrm.js';

/** Gen-Verse/ReasonFlux-PRM-7B: `ReasonFlux_PRM/README.md`, "Model Usage". As Qwen2.5-Math-PRM, without a system message of its own. */
export const reasonFluxPrm: Family = {
  id: 'reasonflux-prm',
  profile: {
    ...qwenMathPrm.profile,
    name: 'ReasonFlux-PRM',
    layout: {
      kind: 'chat',
      user: '{question}',
      assistant: '{steps}',
      step: '{step}<extra_0>',
      marker: '<extra_0>',
    },
    maxTokens: 8192,
  },
  recognizes: ({ architecture, hasToken }) => hasToken('<extra_0>') && architecture === 'Qwen2ForProcessRewardModel',
};
