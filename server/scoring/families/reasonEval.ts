import type { Profile } from '../profile.js';
import type { Family, GoldenExample } from './family.js';

const example: Omit<GoldenExample, 'values'> = {
  question:
    'Let $x,$ $y,$ and $z$ be positive real numbers such that $xyz(x + y + z) = 1.$  Find the minimum value of\n\\[(x + y)(y + z).\\]',
  steps: [
    '1. The problem asks us to find the minimum value of $(x + y)(y + z)$ given that $x,$ $y,$ and $z$ are positive real numbers and $xyz(x + y + z) = 1$.',
    '2. By the AM-GM inequality, we have $x + y + z \\geq 3\\sqrt[3]{xyz}$.',
    '3. By the given condition $xyz(x + y + z) = 1$, we can substitute $x + y + z$ with $\\sqrt[3]{xyz}$ in the inequality from step 2 to get $3\\sqrt[3]{xyz} \\geq 3$.',
    '4. Simplifying the inequality from step 3 gives $\\sqrt[3]{xyz} \\geq 1$.',
    '5. By raising both sides of the inequality from step 4 to the power of 3, we have $xyz \\geq 1$.',
    '6. By the AM-GM inequality, we have $(x + y)(y + z) \\geq 2\\sqrt{(x + y)(y + z)}$.',
    '7. By the given condition $xyz(x + y + z) = 1$, we can substitute $(x + y)(y + z)$ with $\\frac{1}{xyz}$ in the inequality from step 6 to get $2\\sqrt{(x + y)(y + z)} \\geq 2\\sqrt{\\frac{1}{xyz}}$.',
    '8. Simplifying the inequality from step 7 gives $(x + y)(y + z) \\geq \\frac{2}{\\sqrt{xyz}}$.',
    '9. By the condition $xyz \\geq 1$ from step 5, we have $\\frac{2}{\\sqrt{xyz}} \\geq \\frac{2}{\\sqrt{1}} = 2$.',
    '10. Therefore, the minimum value of $(x + y)(y + z)$ is $\\boxed{2}$.',
  ],
  tolerance: 0.02,
  source: 'codes/examples.py of GAIR-NLP/ReasonEval, float32',
};

function profile(name: string, bos: string, readBack: number): Omit<Profile, 'family' | 'graph' | 'tokenizer'> {
  return {
    name,
    layout: { kind: 'pieces', before: `${bos}Question:\n{question}\nAnswer:\nLet's think step by step.\n`, byLine: false, readBack },
    trim: 'none',
    // Negative, neutral, positive: validity is the share of the latter two.
    readout: { kind: 'label-head', positive: [1, 2] },
    range: [0, 1],
    threshold: 0.5,
    aggregation: 'min',
    maxTokens: 4096,
  };
}

/**
 * ReasonEval-7B: `codes/examples.py`, `get_results`. It adds the first token again after it has counted the positions,
 * so a score is read at the token before a step's last one. The published values were computed that way.
 */
export const reasonEval7b: Family = {
  id: 'reasoneval-7b',
  profile: profile('ReasonEval-7B', '{bos}', 1),
  recognizes: ({ architecture, width }) => architecture === 'ReasonEval_7B' && (width === undefined || width === 3),
  golden: [{ ...example, values: [0.9492, 0.7863, 0.252, 0.786, 0.9125, 0.5916, 0.4494, 0.8189, 0.824, 0.2671] }],
};

/** ReasonEval-34B: the same code, without a first token and without that shift. */
export const reasonEval34b: Family = {
  id: 'reasoneval-34b',
  profile: profile('ReasonEval-34B', '', 0),
  recognizes: ({ architecture, width }) => architecture === 'ReasonEval_34B' && (width === undefined || width === 3),
  golden: [{ ...example, values: [0.936, 0.6813, 0.072, 0.2811, 0.4531, 0.1122, 0.1328, 0.2026, 0.2265, 0.1163] }],
};
