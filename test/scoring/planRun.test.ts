import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SegmentEncoder } from '../../server/scoring/layouts/encoder.js';
import { planRun } from '../../server/scoring/planRun.js';
import { buildTrie } from '../../server/scoring/prefixTrie.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';

const steps = (...list: (readonly [text: string, parent?: number])[]): ScoreJob => ({
  question: 'q',
  images: [],
  steps: list.map(([text, parent]) => ({ text, ...(parent !== undefined && { parent }) })),
});
const promptOf = (question: string) => [1, ...codes(question)];
const stepOf = (text: string) => [...codes(text), 0];
/** Encodes each character as a token. The last token of a step is 0. */
const encoder: SegmentEncoder = {
  open: (question) => ({ prompt: promptOf(question), step: (text) => ({ ids: stepOf(text), read: codes(text).length }) }),
};
const codes = (text: string) => [...text].map((c) => c.charCodeAt(0));
const all = () => true;

describe('buildTrie', () => {
  it('merges equal prefixes and nothing else', () => {
    const job = steps(['a'], ['b', 0], ['a'], ['b', 2], ['c', 2], ['b']);
    const { nodes } = buildTrie(job, 'model');
    expect(nodes.map(({ parent, text, steps: own }) => [parent, text, own])).toEqual([
      [-1, 'a', [0, 2]],
      [0, 'b', [1, 3]],
      [0, 'c', [4]],
      [-1, 'b', [5]],
    ]);
  });

  it('gives keys that depend on model, question and every step before', () => {
    const keys = (job: ScoreJob, model = 'model') => buildTrie(job, model).nodes.map((node) => node.key);
    const base = steps(['a'], ['b', 0]);
    expect(keys(base)).toEqual(keys(base));
    expect(keys(base)[1]).not.toBe(keys(steps(['x'], ['b', 0]))[1]);
    expect(keys(base)[0]).not.toBe(keys({ ...base, question: 'r' })[0]);
    expect(keys(base)[0]).not.toBe(keys(base, 'other')[0]);
    expect(keys(steps(['ab'], ['c', 0]))[1]).not.toBe(keys(steps(['a'], ['bc', 0]))[1]);
  });

  it('refuses a parent that comes later', () => {
    expect(() => buildTrie(steps(['a', 1], ['b']), 'm')).toThrow(RangeError);
  });
});

describe('planRun', () => {
  it('makes one segment of a chain and reads it at every step', () => {
    const plan = planRun(buildTrie(steps(['ab'], ['c', 0]), 'm'), all, encoder, 'q', 100);
    expect([...plan.parents]).toEqual([-1]);
    expect([...plan.ids]).toEqual([1, 113, 97, 98, 0, 99, 0]);
    expect([...plan.reads]).toEqual([4, 6]);
    expect(plan.readNodes).toEqual([0, 1]);
  });

  it('starts segments at branches, in depth-first order', () => {
    const plan = planRun(buildTrie(steps(['a'], ['b', 0], ['c', 0], ['d', 1]), 'm'), all, encoder, 'q', 100);
    expect([...plan.parents]).toEqual([-1, 0, 0]);
    expect(plan.readNodes).toEqual([0, 1, 3, 2]);
  });

  it('leaves out steps that lead to no wanted step, and reads nothing when none is wanted', () => {
    const trie = buildTrie(steps(['a'], ['b', 0], ['c', 0]), 'm');
    const plan = planRun(trie, (node) => node === 2, encoder, 'q', 100);
    expect([...plan.parents]).toEqual([-1]);
    expect(plan.readNodes).toEqual([2]);
    expect([...plan.ids]).toEqual([1, 113, 97, 0, 99, 0]);
    expect(planRun(trie, () => false, encoder, 'q', 100).reads).toHaveLength(0);
  });

  it('skips the steps that do not fit, and keeps the others', () => {
    const job = steps(['aaaa'], ['bbbbbbbb', 0], ['c', 0], ['d', 1], ['e'.repeat(1_000_000), 0]);
    const plan = planRun(buildTrie(job, 'm'), all, encoder, 'q', 12);
    expect(plan.readNodes).toEqual([0, 2]);
    expect([...plan.skipped.keys()]).toEqual([1, 3, 4]);
    expect(plan.skipped.get(1)).toBe('Too long: question and steps up to here are 16 tokens long, the model takes 12 tokens.');
    expect(plan.skipped.get(4)).toContain('far longer');
    expect(planRun(buildTrie(job, 'm'), all, encoder, 'q'.repeat(100), 12).skipped.size).toBe(5);
  });

  it('reads at the place the layout gives, and skips a step without such a place but not those after it', () => {
    const odd: SegmentEncoder = {
      open: () => ({ prompt: [1], step: (text) => ({ ids: [...codes(text), 9, 0], read: text === 'b' ? -1 : text.length }) }),
    };
    const plan = planRun(buildTrie(steps(['a'], ['b', 0], ['c', 1]), 'm'), all, odd, 'q', 100);
    expect([...plan.reads].map((read) => plan.ids[read])).toEqual([9, 9]);
    expect(plan.readNodes).toEqual([0, 2]);
    expect(plan.skipped.get(1)).toContain('no place to read a score at: the tokenizer joins');
  });

  it('keeps the beginning that first steps share in one segment, and reads at the same places', () => {
    const joined: SegmentEncoder = {
      open: (question) => ({
        prompt: [1],
        step: (text, index) => ({
          ids: [...codes(index === 0 ? question + text : text), 0],
          read: (index === 0 ? question.length : 0) + text.length,
        }),
      }),
    };
    const job = { ...steps(['ab'], ['x', 0], ['ac'], ['']), question: 'qq' };
    const plan = planRun(buildTrie(job, 'm'), all, joined, job.question, 100);
    expect([...plan.parents]).toEqual([-1, 0, 0, 0]);
    expect([...plan.offsets]).toEqual([0, 3, 8, 11, 12]);
    plan.readNodes.forEach((node, read) => {
      const texts: string[] = [];
      for (let at = node; at >= 0; at = buildTrie(job, 'm').nodes[at]!.parent) texts.unshift(buildTrie(job, 'm').nodes[at]!.text);
      expect(spelled(plan, plan.reads[read]!)).toEqual([1, ...codes('qq'), ...texts.flatMap((text) => [...codes(text), 0])]);
    });
  });

  it('reads every token of the wanted steps, each after the one before it, if tokens are compared', () => {
    const forest = fc.array(fc.record({ text: fc.string({ maxLength: 3 }), up: fc.nat(4) }), { maxLength: 20 });
    const headed: SegmentEncoder = {
      open: () => ({
        prompt: [1],
        step: (text, index) =>
          index === 0
            ? { ids: [2, 3, ...stepOf(text)], read: codes(text).length + 2, head: 2 }
            : { ids: stepOf(text), read: codes(text).length },
      }),
    };
    fc.assert(
      fc.property(forest, fc.array(fc.boolean(), { minLength: 20, maxLength: 20 }), (list, wanted) => {
        const job = steps(...list.map(({ text, up }, i): [string, number?] => (up === 0 || i - up < 0 ? [text] : [text, i - up])));
        const { nodes } = buildTrie(job, 'm');
        const plan = planRun(buildTrie(job, 'm'), (node) => wanted[node]!, headed, 'q', 1000, '', true);
        const found = new Map<number, number[]>();
        plan.readNodes.forEach((node, read) => {
          const before: number[] = [];
          for (let at = nodes[node]!.parent; at >= 0; at = nodes[at]!.parent) before.unshift(...stepOf(nodes[at]!.text));
          const own = found.get(node) ?? [];
          expect(spelled(plan, plan.reads[read]!)).toEqual([1, 2, 3, ...before, ...own]);
          found.set(node, [...own, plan.targets![read]!]);
        });
        nodes.forEach(({ text }, node) => expect(found.get(node)).toEqual(wanted[node] ? stepOf(text) : undefined));
        expect([...plan.reads]).toEqual([...plan.reads].sort((a, b) => a - b));
      }),
      { numRuns: 100 },
    );
  });

  it('splits a very long chain into several segments', () => {
    const chain = steps(
      ...Array.from(
        { length: 60 },
        (_, i): [string, number?] => ['x'.repeat(30) + String(i), ...(i > 0 ? [i - 1] : [])] as [string, number?],
      ),
    );
    const plan = planRun(buildTrie(chain, 'm'), all, encoder, 'q', 10_000);
    expect([...plan.parents]).toEqual([-1, 0, 1, 2]);
    expect(plan.reads).toHaveLength(60);
  });

  it('gives every read the tokens of the question and of the steps down to it', () => {
    const forest = fc.array(fc.record({ text: fc.string({ maxLength: 3 }), up: fc.nat(4) }), { maxLength: 30 });
    fc.assert(
      fc.property(forest, fc.array(fc.boolean(), { minLength: 30, maxLength: 30 }), (list, wanted) => {
        const job = steps(...list.map(({ text, up }, i): [string, number?] => (up === 0 || i - up < 0 ? [text] : [text, i - up])));
        const trie = buildTrie(job, 'm');
        const plan = planRun(trie, (node) => wanted[node]!, encoder, 'q', 1000);
        expect(plan.readNodes.length).toBe(trie.nodes.filter((_, node) => wanted[node]).length);
        plan.readNodes.forEach((node, read) => {
          const expected: number[] = [];
          for (let at = node; at >= 0; at = trie.nodes[at]!.parent) expected.unshift(...stepOf(trie.nodes[at]!.text));
          expect(spelled(plan, plan.reads[read]!)).toEqual([...promptOf('q'), ...expected]);
        });
      }),
      { numRuns: 150 },
    );
  });
});

function spelled(plan: ReturnType<typeof planRun>, position: number): number[] {
  let segment = plan.offsets.findIndex((start, i) => position >= start && position < plan.offsets[i + 1]!);
  let ids = [...plan.ids.subarray(plan.offsets[segment], position + 1)];
  for (segment = plan.parents[segment]!; segment >= 0; segment = plan.parents[segment]!) {
    ids = [...plan.ids.subarray(plan.offsets[segment], plan.offsets[segment + 1]), ...ids];
  }
  return ids;
}
