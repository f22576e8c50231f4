/**
 * Reasoning trees of any size in MM-PRM's form, as a search would leave them: sampled nodes with 16 rollouts each, the distinct
 * right rollouts of a node as its assumed children, steps with and without LaTeX. Always the same for the same arguments.
 */

/**
 * @param {{ nodes: number, math?: boolean }} options
 * @returns {string} JSON, about 2 kB a node
 */
export function generatedSearch({ nodes, math = true }) {
  const random = numbers(nodes);
  const words = math ? latexSteps : plainSteps;
  const root = { depth: 0, value: 0.56, children: [] };
  const open = [root];
  let count = 1;
  while (count < nodes) {
    // A search prefers nodes that are neither solved nor lost.
    const parent = open[Math.floor(random() ** 0.8 * open.length)];
    const isError = random() < 0.3;
    const value = round(isError ? parent.value * 0.35 * random() : Math.min(0.97, parent.value + 0.3 * random() * (1 - parent.value)));
    const sampled = { depth: parent.depth + 1, value, isError, children: [] };
    parent.children.push(sampled);
    count++;
    if (value > 0.02 && sampled.depth < 9) open.push(sampled);
    const right = Math.min(Math.floor(random() * 6 * value), nodes - count);
    for (let i = 0; i < right; i++) sampled.children.push({ depth: sampled.depth + 1, assumed: true, children: [] });
    count += right;
  }
  return `${JSON.stringify({ question: math ? latexQuestion : plainQuestion, answer: math ? '70' : '6', image_path: '', ...written(root) }, null, 1)}\n`;

  function written(node) {
    const { depth, value, assumed, isError } = node;
    const steps = assumed
      ? Array.from({ length: 2 }, (_, i) => words.right(random, depth + i)).concat(words.end)
      : Array.from({ length: 1 + Math.floor(random() * 2) }, (_, i) => words.right(random, depth + i));
    if (isError) steps[steps.length - 1] = words.wrong(random, depth);
    const right = Math.round(16 * (value ?? 0));
    return {
      ...(depth > 0 && { partial_solution: steps }),
      mc_value: assumed ? 1 : right / 16,
      visit_count: assumed ? 0 : node.children.filter((child) => !child.assumed).length,
      correct_rollouts: assumed ? [] : rollouts(right),
      incorrect_rollouts: assumed ? [] : rollouts(16 - right),
      children: node.children.map(written),
    };
  }

  function rollouts(wanted) {
    return Array.from({ length: Math.min(wanted, 8) }, (_, i) => [words.right(random, i), words.end]);
  }
}

const latexQuestion =
  'In triangle $ABC$ the angle at $A$ is $\\alpha = 40^\\circ$ and $AB = AC$. The point $D$ lies on $BC$ with $BD = 2 \\cdot DC$. What is $\\angle ABC$ in degrees?';
const latexSteps = {
  end: 'Therefore $\\angle ABC = \\boxed{70}$. The answer is 70.',
  right: (random, depth) =>
    pick(random, [
      'Because $AB = AC$, the triangle is isosceles, so $\\angle ABC = \\angle ACB = \\beta$.',
      'The angles of a triangle sum to $180^\\circ$, hence $\\alpha + 2\\beta = 180^\\circ$.',
      `Substituting gives $2\\beta = 180^\\circ - 40^\\circ = 140^\\circ$ and $\\frac{140^\\circ}{2} = 70^\\circ$ in step ${depth + 1}.`,
      'By the law of sines, $\\frac{BC}{\\sin 40^\\circ} = \\frac{AB}{\\sin \\beta}$, which fixes the ratio of the sides.',
      'With $BD = 2 \\cdot DC$ we have $BD = \\frac{2}{3} BC$, which does not change $\\beta$.',
      `Draw the height $AH$ onto $BC$; then $BH = \\sqrt{AB^2 - AH^2}$ and $\\tan \\beta = \\frac{AH}{BH}$ (${depth + 1}).`,
    ]),
  wrong: (random) =>
    pick(random, [
      'Since $D$ divides $BC$, the angle at $B$ is $\\frac{2}{3} \\cdot 40^\\circ \\approx 26.7^\\circ$.',
      'The angles sum to $360^\\circ$, so $2\\beta = 360^\\circ - 40^\\circ = 320^\\circ$ and $\\beta = 160^\\circ$.',
      'An isosceles triangle has $\\beta = \\alpha$, so $\\beta = 40^\\circ$.',
      'As $\\sin 40^\\circ \\approx 0.77$ we get $\\beta = 90^\\circ - 0.77 \\cdot 90^\\circ \\approx 20.7^\\circ$.',
    ]),
};

const plainQuestion = 'A shop sells pens in boxes of 7. It has 8 boxes and sells 50 pens. How many pens are left?';
const plainSteps = {
  end: 'So 56 - 50 = 6 pens are left. The answer is 6.',
  right: (random, depth) =>
    pick(random, [
      'There are 8 boxes with 7 pens each, which is 8 * 7 = 56 pens.',
      `The shop sells 50 of them, so ${50 + depth} - ${depth} = 50 pens go away.`,
      'Subtract what was sold from what there was.',
    ]),
  wrong: (random) => pick(random, ['There are 8 + 7 = 15 pens in the boxes.', '56 - 50 = 16 pens are left.']),
};

function pick(random, list) {
  return list[Math.floor(random() * list.length)];
}

function round(value) {
  return Math.round(16 * value) / 16;
}

/** Numbers in [0, 1) that look random (mulberry32). */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
