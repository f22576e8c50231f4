import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateProblem } from '../../scripts/miniature/problems/registry.js';
import { readDocument } from '../../server/formats/registry.js';
import { defaultSearch, paperSearch, type SearchSettings } from '../../server/labeling/mcts.js';
import type { Policy } from '../../server/labeling/policy.js';
import type { RunEvent } from '../../server/labeling/runEvents.js';
import { labelInMemory } from '../../server/labeling/runMethod.js';
import type { SearchTree } from '../../server/labeling/searchTree.js';
import { type TreeFile, type TreeFileNode, treeFile, treeText } from '../../server/labeling/treeFile.js';
import { badJudge, completions, policyOf, problem, walkPolicy } from './scripted.js';
import { answerJudge, solverPolicy } from './solverPolicy.js';

/** Labels a generated problem, with the stochastic solver as policy. */
async function run(index: number, seed: number, settings: Partial<SearchSettings> = {}): Promise<TreeFile> {
  const generated = generateProblem(21, index);
  const described = { id: `g${index}`, question: generated.question, answer: String(generated.answer), images: [] };
  return treeFile(
    await labelInMemory(
      described,
      { method: 'mcts', ...defaultSearch, ...settings, seed },
      solverPolicy(generated, { mistakeRate: 0.25 }),
      answerJudge,
    ),
  );
}

async function scripted(policy: Policy, settings: Partial<SearchSettings>): Promise<{ tree: SearchTree; events: RunEvent[] }> {
  const events: RunEvent[] = [];
  const tree = await labelInMemory(problem, { method: 'mcts', ...defaultSearch, ...settings, seed: 1 }, policy, badJudge, (event) =>
    events.push(event),
  );
  return { tree, events };
}

const ofKind = <Kind extends RunEvent['event']>(events: readonly RunEvent[], kind: Kind) =>
  events.filter((event): event is Extract<RunEvent, { event: Kind }> => event.event === kind);

type Any = TreeFileNode | TreeFile;
const nodes = (node: Any): Any[] => [node, ...[...node.children, ...(node.unvalued_children ?? [])].flatMap(nodes)];

describe('the MCTS search', () => {
  it('gives the same tree for the same seed and a different tree for another seed', async () => {
    expect(await run(1, 4)).toEqual(await run(1, 4));
    expect(await run(1, 4)).not.toEqual(await run(1, 5));
  });

  it("has MM-PRM's settings in defaultSearch and paperSearch", () => {
    expect(defaultSearch).toEqual({ rollouts: 16, searches: 20, budget: 200, cPuct: 0.125, alpha: 0.5, beta: 0.9, lengthScale: 500 });
    expect(paperSearch).toEqual({ ...defaultSearch, lengthScale: 2000, searches: 200, budget: 1000 });
  });

  it('keeps counts, values, lists and budget consistent', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(1000), fc.constantFrom(2, 4, 16), fc.integer({ min: 0, max: 120 }), async (seed, rollouts, budget) => {
        const tree = treeFile(
          await labelInMemory(
            problem,
            { method: 'mcts', ...defaultSearch, rollouts, budget, seed },
            walkPolicy({ mistakeRate: 0.3 }),
            answerJudge,
          ),
        );
        const all = nodes(tree);
        for (const node of all) {
          const total = node.num_correct + node.num_incorrect;
          const assumed = 'assumed' in node && node.assumed;
          expect(assumed && total > 0).toBe(false);
          expect(node.mc_value).toBe(assumed ? 1 : total === 0 ? 0 : node.num_correct / total);
          const isComplete = node.seeds.length === 0 && total === 1;
          for (const [list, verdicts, count] of [
            [node.correct_rollouts, node.correct_verdicts, node.num_correct],
            [node.incorrect_rollouts, node.incorrect_verdicts, node.num_incorrect],
          ] as const) {
            expect(verdicts).toHaveLength(list.length);
            expect(verdicts.reduce((sum, one) => sum + one.count, 0)).toBe(isComplete ? 0 : count);
            expect(new Set(list.map((rollout) => JSON.stringify(rollout))).size).toBe(list.length);
          }
          for (const child of node.children) expect(child.partial_solution.length).toBeGreaterThan(0);
          const fromRollouts = node.children.filter((child) => child.assumed).map((child) => child.partial_solution);
          expect(fromRollouts).toEqual(node.correct_rollouts.filter((rollout) => rollout.length > 0));
        }
        expect(all.map(({ node }) => node).sort((a, b) => a - b)).toEqual(all.map((_, i) => i));
        // The last binary search may exceed the budget by up to four batches, because a solution has at most ten steps.
        const spent = all.reduce((sum, { seeds }) => sum + seeds.length * rollouts, 0);
        expect(spent).toBeLessThan(Math.max(budget, 1) + 4 * rollouts);
      }),
      { numRuns: 25 },
    );
  });

  it('stops at the number of searches, the budget or an empty pool, and logs the reason', async () => {
    const policy = walkPolicy({ mistakeRate: 0.3 });
    const judge = async (settings: Partial<SearchSettings>, by = policy) => {
      const events: RunEvent[] = [];
      await labelInMemory(problem, { method: 'mcts', ...defaultSearch, ...settings, seed: 1 }, by, answerJudge, (event) =>
        events.push(event),
      );
      return { selections: ofKind(events, 'selected').length, reason: ofKind(events, 'end')[0]!.reason };
    };
    expect(await judge({ searches: 2, budget: 10_000 })).toEqual({ selections: 2, reason: 'searches' });
    expect(await judge({ budget: 17 })).toEqual({ selections: 1, reason: 'budget' });
    expect(await judge({}, walkPolicy({ mistakeRate: 0 }))).toEqual({ selections: 0, reason: 'empty pool' });
    expect(await judge({}, walkPolicy({ mistakeRate: 1 }))).toEqual({ selections: 0, reason: 'empty pool' });
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('finds the first error at step %i of 8 by binary search', async (bad) => {
    const wrong = Array.from({ length: 8 }, (_, i) => (i === bad ? 'bad' : `s${i}`));
    // Without the bad step in the prefix, the first rollout is wrong and the second right. With it, all are wrong.
    const policy = policyOf(({ prefix }) =>
      completions(wrong.slice(prefix.length), prefix.includes('bad') ? wrong.slice(prefix.length) : ['right']),
    );
    const { tree, events } = await scripted(policy, { rollouts: 2, searches: 1 });
    const moves = ofKind(events, 'move');
    expect(moves.length).toBeGreaterThan(0);
    expect(moves.length).toBeLessThanOrEqual(4);
    const lengths = (outcome: string): number[] => moves.filter((move) => move.outcome === outcome).map((move) => move.middle + 1);
    expect(Math.min(...lengths('before'))).toBe(bad + 1);
    expect(Math.max(0, ...lengths('after'))).toBe(bad);
    for (const { node, outcome } of moves) expect(tree.nodes[node]!.value === 0).toBe(outcome === 'before');
    // The whole solution is not sampled, because it is complete and its verdict is known.
    const whole = moves.find((move) => move.middle === 7);
    if (whole !== undefined) expect(tree.nodes[whole.node]).toMatchObject({ seeds: [], correct: 0, total: 1, value: 0 });
  });

  it('prefers wrong rollouts that are short and start from states that mostly succeed', async () => {
    const policy = policyOf(({ prefix }) =>
      prefix.length === 0
        ? completions(['a', 'x'], ['b', 'y'], ['c', 'much too long and bad'], ['d', 'bad'])
        : completions(['z'], ['z'], ['z'], ['bad']),
    );
    const { tree, events } = await scripted(policy, { rollouts: 4, cPuct: 0 });
    const selected = ofKind(events, 'selected');
    expect(selected.slice(0, 2)).toMatchObject([{ node: 0, rollout: 1, pool: 2 }, { rollout: 0 }]);
    expect(tree.nodes[selected[1]!.node]!.correct).toBe(3);
    // q = alpha^(1 - 1/2) * beta^(2 words / 500). u = 0, because nothing was selected before.
    expect(selected[0]!.q).toBeCloseTo(0.5 ** 0.5 * 0.9 ** (2 / 500), 8);
    expect(selected[0]!.u).toBe(0);
  });

  it('adds the exploration term U for rarely selected states', async () => {
    const { events } = await scripted(
      policyOf(({ prefix }) => completions(['x'], ['bad', `${prefix.length}`], ['bad'])),
      { rollouts: 3, cPuct: 0.125 },
    );
    const [, second] = ofKind(events, 'selected');
    expect(second!.u).toBeCloseTo(0.125 / 2, 8);
  });

  it('records a failed rollout and counts it as neither right nor wrong', async () => {
    const { tree, events } = await scripted(
      policyOf(() => [...completions(['x'], ['bad']), { failure: 'It timed out.' }]),
      { rollouts: 3, searches: 0 },
    );
    expect(tree.nodes[0]).toMatchObject({ correct: 1, total: 2, value: 0.5, failures: 1 });
    expect(ofKind(events, 'rollouts')[0]!.rollouts[2]).toEqual({ failure: 'It timed out.' });
    expect(ofKind(events, 'end')[0]).toMatchObject({ rollouts: 3, failures: 1, undecided: 0 });
  });

  it('gives a node whose rollouts all failed no value and lists it under unvalued_children', async () => {
    const policy = policyOf(({ prefix }) =>
      prefix.length === 0 ? completions(['x'], ['a', 'bad', 'b']) : [{ failure: 'No.' }, { failure: 'No.' }],
    );
    const { tree, events } = await scripted(policy, { rollouts: 2 });
    expect(tree.nodes.at(-1)).toMatchObject({ value: undefined, failures: 2, steps: ['a', 'bad'] });
    expect(ofKind(events, 'move')).toEqual([]);
    const file = treeFile(tree);
    expect(file.children.map((child) => child.partial_solution)).toEqual([['x']]);
    expect(file.unvalued_children).toMatchObject([{ partial_solution: ['a', 'bad'], num_failed: 2 }]);
    const read = readDocument(treeText(tree))!;
    expect(read.faults).toEqual([]);
    expect(read.problems[0]!.tree!.nodes.map((node) => node.mc?.value)).toEqual([0.5, 1]);
  });

  it('keeps undecided rollouts out of value and pool, and counts them separately', async () => {
    const judge = {
      fingerprint: 'none',
      judge: () => Promise.resolve({ verdict: 'undecided', method: 'unreadable', answer: '?' } as const),
    };
    const events: RunEvent[] = [];
    const tree = await labelInMemory(
      problem,
      { method: 'mcts', ...defaultSearch, rollouts: 2, seed: 1 },
      policyOf(() => completions(['x'], ['y'])),
      judge,
      (event) => events.push(event),
    );
    expect(ofKind(events, 'end')[0]).toMatchObject({ undecided: 2 });
    expect(ofKind(events, 'value')).toEqual([]);
    expect(tree.nodes[0]).toMatchObject({ value: undefined, correct: 0, total: 0 });
    expect(treeFile(tree)).toMatchObject({
      mc_value: 0,
      num_correct: 0,
      num_incorrect: 0,
      incorrect_rollouts: [],
      num_undecided: 2,
      undecided_rollouts: [['x'], ['y']],
      undecided_verdicts: [{ verdict: 'undecided', method: 'unreadable', answer: '?', count: 1 }, {}],
    });
  });
});

describe('the tree file of a search', () => {
  it('is read back without faults and with the same number of nodes', async () => {
    const tree = await run(1, 4);
    const document = readDocument(JSON.stringify(tree));
    expect(document?.format).toBe('mmPrmTree');
    expect(document?.faults).toEqual([]);
    expect(document?.problems[0]?.tree?.nodes).toHaveLength(nodes(tree).length);
  });

  it('has a count for each different rollout', async () => {
    const { tree } = await scripted(
      policyOf(() => completions(['x'], ['x'], ['bad'], ['x'])),
      { rollouts: 4, searches: 0 },
    );
    expect(treeFile(tree)).toMatchObject({
      num_correct: 3,
      correct_rollouts: [['x']],
      correct_verdicts: [{ count: 3, verdict: 'right', method: 'text', finish: 'stop' }],
    });
  });
});
