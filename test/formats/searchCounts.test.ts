import { expect, it } from 'vitest';
import { readDocument } from '../../server/formats/registry.js';

/** MM-PRM stores equal rollouts once, but counts all sixteen rollouts in the value. */
const tree = {
  question: 'How many?',
  answer: '4',
  partial_solution: [],
  mc_value: 0.75,
  visit_count: 3,
  correct_rollouts: [['So it is 4.']],
  incorrect_rollouts: [['So it is 5.'], ['So it is 6.']],
  children: [
    {
      partial_solution: ['Add.'],
      mc_value: 0.5,
      visit_count: 0,
      correct_rollouts: [['So it is 4.']],
      incorrect_rollouts: [],
      children: [],
    },
  ],
};

it('an MM-PRM rollout value is read from the file, not computed from the rollouts in its lists', () => {
  const [problem] = readDocument(JSON.stringify(tree), 'json')!.problems;
  const nodes = problem!.tree!.nodes;
  expect(nodes.map(({ mc }) => mc?.value)).toEqual([0.75, 0.5]);
  // Neither the stored rollouts nor the visits are used as the number of rollouts.
  expect(nodes.map(({ mc }) => [mc?.correct, mc?.total])).toEqual([
    [undefined, undefined],
    [undefined, undefined],
  ]);
  expect(nodes.map(({ rollouts }) => rollouts.length)).toEqual([3, 1]);
});

it('an MM-PRM visit count is read as the number of selections by the search, and 0 stays 0', () => {
  const [problem] = readDocument(JSON.stringify(tree), 'json')!.problems;
  expect(problem!.tree!.nodes.map(({ visits }) => visits)).toEqual([3, 0]);
});
