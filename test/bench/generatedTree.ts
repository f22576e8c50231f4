/** A tree in MM-PRM's form of about `bytes` characters: arithmetic sentences, 16 rollouts a node, three children each. */
export function generatedTree(bytes: number): string {
  let written = 0;
  let count = 0;
  const node = (depth: number): unknown => {
    const n = count++;
    const rollout = (): string[] => [`Then ${n} + ${depth} = ${n + depth}.`, `The answer is \\(${n + depth}\\) "apples".`];
    const own = {
      ...(depth > 0 && {
        partial_solution: [`Step ${n}: there are ${n} * 3 = ${n * 3} apples in all, so $\\frac{${n}}{3}$ of them are left.`],
      }),
      mc_value: (n % 17) / 16,
      visit_count: n % 5,
      correct_rollouts: Array.from({ length: 4 }, rollout),
      incorrect_rollouts: Array.from({ length: 6 }, rollout),
    };
    written += JSON.stringify(own).length;
    const children: unknown[] = [];
    while (depth < 12 && children.length < 3 && written < bytes) children.push(node(depth + 1));
    return { ...own, children };
  };
  const root = node(0) as Record<string, unknown>;
  return JSON.stringify({ question: 'How many apples are left?', answer: '12', image_path: '', ...root });
}
