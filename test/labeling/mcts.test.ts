import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSearch, search, searchToEnd, type Policy, type SearchEvent, type SearchProblem, type Verify } from '../../server/labeling/mcts.js';
import type { SearchTree, TreeNode } from '../../server/labeling/searchTree.js';
import { readDocument } from '../../server/formats/registry.js';
import { answerVerifier, solverPolicy } from '../../media/models/mini/problems/solverPolicy.js';
import { generateProblem } from '../../media/models/mini/problems/registry.js';

const problem: SearchProblem = { id: 'p', question: 'Q?', answer: '1', image: '' };

function run(index: number, seed: number, settings = defaultSearch): Promise<SearchTree> {
  const generated = generateProblem(21, index);
  const described = { id: `g${index}`, question: generated.question, answer: String(generated.answer), image: '' };
  return searchToEnd(described, solverPolicy(generated, { mistakeRate: 0.25 }), answerVerifier(generated), seed, settings);
}

type Any = TreeNode | SearchTree;
const nodes = (node: Any): Any[] => [node, ...node.children.flatMap(nodes)];

describe('the search', () => {
  it('gives the same tree for the same seed, another for another', async () => {
    expect(await run(1, 4)).toEqual(await run(1, 4));
    expect(await run(1, 4)).not.toEqual(await run(1, 5));
  });

  it('keeps counts, values, lists and budget consistent', async () => {
    await fc.assert(fc.asyncProperty(fc.nat(35), fc.nat(1000), fc.constantFrom(2, 4, 16), fc.integer({ min: 0, max: 120 }), async (index, seed, rollouts, budget) => {
      const tree = await run(index, seed, { ...defaultSearch, rollouts, budget });
      let spent = 0;
      for (const node of nodes(tree)) {
        const total = node.num_correct + node.num_incorrect;
        spent += total;
        const assumed = 'assumed' in node && node.assumed;
        expect(assumed && total > 0).toBe(false);
        expect(node.mc_value).toBe(assumed ? 1 : total === 0 ? 0 : node.num_correct / total);
        for (const [list, count] of [[node.correct_rollouts, node.num_correct], [node.incorrect_rollouts, node.num_incorrect]] as const) {
          expect(list.length).toBeLessThanOrEqual(count);
          expect(list.length > 0).toBe(count > 0);
          expect(new Set(list.map((rollout) => JSON.stringify(rollout))).size).toBe(list.length);
        }
        for (const child of node.children) expect(child.partial_solution.length).toBeGreaterThan(0);
        const fromRollouts = node.children.filter((child) => child.assumed).map((child) => child.partial_solution);
        expect(fromRollouts).toEqual(node.correct_rollouts.filter((rollout) => rollout.length > 0));
      }
      expect(spent).toBeLessThanOrEqual(budget);
    }), { numRuns: 40, seed: 1 });
  });

  it('stops at the number of searches', async () => {
    const tree = await run(4, 1, { ...defaultSearch, searches: 2, budget: 10_000 });
    expect(nodes(tree).reduce((sum, node) => sum + node.visit_count, 0)).toBeLessThanOrEqual(2);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('finds the first error at step %i of 8 by binary search', async (bad) => {
    const wrong = Array.from({ length: 8 }, (_, i) => (i === bad ? 'bad' : `s${i}`));
    // From a prefix without the bad step the first rollout is wrong and the second right; from one with it, all are wrong.
    const policy: Policy = (prefix) => Promise.resolve([wrong.slice(prefix.length), ...(prefix.includes('bad') ? [wrong.slice(prefix.length)] : [['right']])]);
    const verify: Verify = (solution) => Promise.resolve(!solution.includes('bad'));
    const events: SearchEvent[] = [];
    for await (const event of search(problem, policy, verify, 1, { ...defaultSearch, rollouts: 2, searches: 1 })) events.push(event);
    const estimated = events.flatMap((event) => (event.kind === 'estimated' ? [event.state] : []));
    const lengths = (failed: boolean): number[] => estimated.filter((state) => (state.correct === 0) === failed).map((state) => state.prefix.length);
    expect(Math.min(...lengths(true))).toBe(bad + 1);
    expect(Math.max(...lengths(false))).toBe(bad);
    expect(estimated.length).toBeLessThanOrEqual(1 + 4);
  });

  it('prefers failed rollouts of states that mostly succeed', async () => {
    const policy: Policy = (prefix) => Promise.resolve(prefix.length === 0 ? [['a', 'x'], ['b', 'y'], ['c', 'bad'], ['d', 'bad']] : [['z'], ['z'], ['z'], ['bad']]);
    const verify: Verify = (solution) => Promise.resolve(!solution.includes('bad'));
    const chosen: number[] = [];
    for await (const event of search(problem, policy, verify, 1, { ...defaultSearch, rollouts: 4, cPuct: 0 })) if (event.kind === 'selected') chosen.push(event.state.correct);
    expect(chosen.slice(0, 2)).toEqual([2, 3]);
  });

  it('ends early when its reader does', async () => {
    let asked = 0;
    const generated = generateProblem(21, 1);
    const solver = solverPolicy(generated, { mistakeRate: 0.3 });
    const policy: Policy = (...parameters) => (asked++, solver(...parameters));
    for await (const event of search(problem, policy, answerVerifier(generated), 1)) if (event.kind === 'estimated') break;
    expect(asked).toBe(1);
  });
});

describe('the tree on disk', () => {
  it("has MM-PRM's keys and nesting", async () => {
    const tree = JSON.parse(JSON.stringify(await run(1, 4))) as Record<string, unknown>;
    expect(tree).not.toHaveProperty('partial_solution');
    expect(Object.keys(tree)).toEqual(expect.arrayContaining(['question', 'answer', 'image_path', 'mc_value', 'visit_count', 'correct_rollouts', 'incorrect_rollouts', 'children', 'id']));
    const check = (node: Record<string, unknown>): void => {
      expect(typeof node.mc_value).toBe('number');
      expect(Number.isInteger(node.visit_count)).toBe(true);
      const steps = expect.arrayContaining([]) as unknown;
      expect(node).toMatchObject({ correct_rollouts: steps, incorrect_rollouts: steps, children: steps });
      for (const child of node.children as Record<string, unknown>[]) {
        expect((child.partial_solution as unknown[]).every((step) => typeof step === 'string')).toBe(true);
        check(child);
      }
    };
    check(tree);
  });

  it('is read back by the format without a fault, node for node', async () => {
    const tree = await run(1, 4);
    const document = readDocument(JSON.stringify(tree));
    expect(document?.format).toBe('mmPrmTree');
    expect(document?.faults).toEqual([]);
    expect(document?.problems[0]?.tree?.nodes).toHaveLength(nodes(tree).length);
  });
});
