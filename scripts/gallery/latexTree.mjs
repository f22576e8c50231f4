/** A small search in MM-PRM's form whose steps are long formulas, as geometry and number theory have them. */

const common =
  'Let $n$ be the number of points. Then $$\\sum_{k=1}^{n} \\frac{k(k+1)}{2} = \\binom{n+2}{3}$$ and, because $\\int_0^{1} x^{n-1}\\,dx = \\frac{1}{n}$ and $\\sqrt{\\alpha^2 + \\beta^2} \\le |\\alpha| + |\\beta|$,';

/** @param {number} value @param {string[]} steps @param {object[]} [children] */
function node(value, steps, children = []) {
  const right = Math.round(16 * value);
  const rollout = (answer) => [`So $\\angle ABC = \\boxed{${answer}^\\circ}$. The answer is ${answer}.`];
  return {
    ...(steps.length > 0 && { partial_solution: steps }),
    mc_value: value,
    visit_count: children.length,
    correct_rollouts: Array.from({ length: Math.min(4, right) }, () => rollout(90)),
    incorrect_rollouts: Array.from({ length: Math.min(4, 16 - right) }, (_, i) => rollout(86 + i)),
    children,
  };
}

export const latexTree = `${JSON.stringify(
  {
    question: 'In triangle $ABC$ the angles at $A$ and $C$ are $47^\\circ$ and $43^\\circ$. What is $\\angle ABC$ in degrees?',
    answer: '90',
    image_path: '',
    ...node(
      0.5,
      [],
      [
        node(
          0.125,
          [
            `${common} we get $47^\\circ + 43^\\circ = 94^\\circ$, so $\\angle ABC = 180^\\circ - 94^\\circ = \\arctan\\left(\\frac{3}{4}\\right)$.`,
          ],
          [node(0, ['Hence $n \\equiv 3 \\pmod{7}$ and $\\angle ABC = 86^\\circ$.'])],
        ),
        node(
          0.8125,
          [`${common} we get $47^\\circ + 43^\\circ = 90^\\circ$, so $\\angle ABC = 180^\\circ - 90^\\circ = 90^\\circ$.`],
          [node(1, ['Therefore $\\angle ABC = \\boxed{90^\\circ}$. The answer is 90.'])],
        ),
      ],
    ),
  },
  null,
  1,
)}\n`;
