import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { foreignRows } from '../../scripts/miniature/foreignRows.js';
import { generateSolution, seeds } from '../../scripts/miniature/problems/labeled.js';
import { realRows } from '../../scripts/miniature/realRows.js';
import { formulas } from '../../scripts/miniature/samples/solutions.js';
import { readDocument } from '../../server/formats/registry.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { openScope } from '../../server/scoring/scope/scopes.js';
import { scoreWithin } from '../../server/scoring/scope/scoreWithin.js';

const folder = fileURLToPath(new URL('../../media/models/mini', import.meta.url));
const { profile } = await loadProfile(folder);
const scope = await openScope(profile.scope!, folder);

/** Number of a solution's steps that the bundled PRM scores. */
async function scored({ question, steps }: { readonly question: string; readonly steps: readonly string[] }): Promise<number> {
  const job = { question, images: [], steps: steps.map((text, i) => (i === 0 ? { text } : { text, parent: i - 1 })) };
  const { scores } = await scoreWithin(profile.name, scope, job, (part) =>
    Promise.resolve({ scores: new Float64Array(part.steps.length), skipped: new Map<number, string>(), cached: 0, tokens: 0 }),
  );
  return scores.filter((score) => !Number.isNaN(score)).length;
}

const generated = Array.from({ length: 540 }, (_, i) => generateSolution(seeds.heldOut, i)).map(({ problem, steps }) => ({
  question: problem.question,
  steps,
}));

describe('the bundled PRM', () => {
  it('scores all steps of at least 98 % of generated problems, right and wrong ones', async () => {
    let whole = 0;
    for (const one of generated) if ((await scored(one)) === one.steps.length) whole++;
    expect(whole / generated.length).toBeGreaterThanOrEqual(0.98);
  });

  it('scores no step of other texts: other words, formulas, code, notes, other languages', async () => {
    expect(foreignRows.length).toBeGreaterThanOrEqual(35);
    const found = [];
    for (const row of foreignRows) if ((await scored(row)) > 0) found.push(row.question);
    expect(found).toEqual([]);
  });

  it('scores at most 2 % of steps in another style, and none after a question with reordered words', async () => {
    let [steps, all] = [0, 0];
    for (const [i, { steps: foreign }] of foreignRows.entries()) {
      steps += await scored({ question: generated[i]!.question, steps: foreign });
      all += foreign.length;
    }
    expect(steps / all).toBeLessThanOrEqual(0.02);
    for (const { question, steps: own } of generated.slice(0, 100))
      expect(await scored({ question: question.split(' ').reverse().join(' '), steps: own })).toBe(0);
  });

  it('does not score a solution in formulas, though its question is in plain words', async () => {
    const [problem] = readDocument(formulas)!.problems;
    expect(scope.share(problem!.question)).toBeGreaterThan(scope.question);
    expect(await scored({ question: problem!.question, steps: problem!.steps.map(({ text }) => text) })).toBe(0);
  });

  it('still scores a solution after an edit: another name, other numbers, a misspelled word', async () => {
    const { question, steps } = generated[4]!;
    expect(await scored({ question: question.replace(/\d+/g, '4321'), steps })).toBe(steps.length);
    expect(await scored({ question: question.replace(/[A-Z][a-z]+/, 'Wilhelmina'), steps })).toBe(steps.length);
    expect(await scored({ question, steps: steps.map((step) => step.replace(/ ([a-z])([a-z]+)/, ' $2$1')) })).toBe(steps.length);
  });

  // Real rows of data sets. Skipped unless they are beside the repository.
  const rows = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  if (existsSync(rows)) {
    it('scores at most 2 % of the rows of real data sets', async () => {
      const all = realRows(rows);
      let some = 0;
      for (const row of all) if ((await scored(row)) > 0) some++;
      expect(all.length).toBeGreaterThan(200);
      expect(some / all.length).toBeLessThanOrEqual(0.02);
    });
  }
});
