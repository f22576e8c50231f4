import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';
import { readDocument } from '../../server/formats/registry.js';
import { readEventLog } from '../../server/labeling/eventLog.js';
import { codeLens } from '../../server/language/codeLens.js';
import { diagnostics, marksLimit, rowsLimit } from '../../server/language/diagnostics.js';
import { documentSymbols } from '../../server/language/documentSymbols.js';
import { noExplanations } from '../../server/language/explanations.js';
import { lowCounts, lowSteps } from '../../server/language/lowSteps.js';
import { problemView } from '../../server/language/problemView.js';
import { replayOf } from '../../server/language/replay.js';
import { type ScoredDocument, scoredProblem } from '../../server/language/scoredDocument.js';
import type { ProblemView } from '../../server/protocol/problemView.js';
import { countRollouts } from '../../server/reasoning/counts.js';
import { createRandom } from '../../server/reasoning/random.js';
import { LineIndex } from '../../server/reasoning/span.js';
import { firstLowWords, rolloutWords } from '../../webview/tree/model/countWords.js';
import { buildTreeModel } from '../../webview/tree/model/treeModel.js';
import { generatedCandidates } from '../bench/generatedCandidates.js';

const sample = (name: string) => readFileSync(`media/samples/${name}`, 'utf8');

/** Search trees with assumed nodes, candidate sets whose solutions share steps, recorded labels and scores, single solutions. */
const files: readonly (readonly [name: string, text: string])[] = [
  ['trees/recipe.json', sample('trees/recipe.json')],
  ['trees/number-line.json', sample('trees/number-line.json')],
  ['candidates.json', sample('candidates.json')],
  ['annotation.jsonl', sample('annotation.jsonl')],
  ['process-benchmark.jsonl', sample('process-benchmark.jsonl')],
  ['visualprm400k.jsonl', sample('visualprm400k.jsonl')],
  ['a search of 200 nodes', generatedSearch({ nodes: 200 })],
  ['20 problems with 8 candidates', generatedCandidates(20, 8)],
];
/** Which values decide: only those in the file, or live scores too. */
const ways = ['no live scores', 'labels before live scores', 'live scores first'] as const;

function openDocument(name: string, text: string, way: (typeof ways)[number]): ScoredDocument {
  const reasoning = readDocument(text, name.endsWith('.jsonl') ? 'jsonl' : 'json')!;
  const random = createRandom(5, name);
  const problems = reasoning.problems.map((problem) => {
    const live =
      way === 'no live scores'
        ? undefined
        : { scores: Float64Array.from(problem.steps, () => random()), skipped: new Map<number, string>() };
    return scoredProblem(problem, live, 0.5, way === 'live scores first' ? 'model' : 'labels');
  });
  return { uri: 'file:///w/a', version: 1, lines: new LineIndex(text), reasoning, problems, threshold: 0.5 };
}

const viewsOf = (document: ScoredDocument): ProblemView[] => document.problems.map((_, index) => problemView(document, index, [])!);
const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0);

describe.each(files)('the counts for %s', (name, text) => {
  it.each(ways)('have the same low steps in Problems panel, code lens, status, commands and tree panel: %s', (way) => {
    const document = openDocument(name, text, way);
    const { firstLow, low } = lowCounts(document);

    const { listed, total } = diagnostics(document, noExplanations);
    expect(listed.length).toBeLessThanOrEqual(marksLimit);
    expect(total).toBeLessThanOrEqual(rowsLimit);
    expect(listed.filter(({ code }) => code === 'first-low-step')).toHaveLength(firstLow);
    expect(listed.filter(({ code }) => code === 'later-low-step')).toHaveLength(low - firstLow);
    expect(lowSteps(document)).toHaveLength(low);
    expect(lowSteps(document).filter(({ first }) => first)).toHaveLength(firstLow);

    // A problem's lens shows a count, or names the step if there is only one solution.
    const titles = codeLens(document).map(({ command }) => command!.title);
    const counted = titles.flatMap(
      (title) => /^▼ ([\d,]+) first low steps?, go/.exec(title)?.[1] ?? (/^▼ first low step: /.test(title) ? '1' : []),
    );
    expect(sum(counted.map((one) => Number(one.replace(',', ''))))).toBe(firstLow);

    const views = viewsOf(document);
    expect(sum(views.map(({ found }) => found.firstLow))).toBe(firstLow);
    for (const view of views) {
      for (const shown of ['labels', 'model', 'both'] as const) {
        const model = buildTreeModel(view, shown);
        const words = firstLowWords(model);
        const count = view.found.firstLow;
        const said = `${count} first low step${count === 1 ? '' : 's'}`;
        // If the picture has a different number of flags, the text gives the reason.
        if (model.firstLow.size === count) expect(words).toBe(said);
        else expect(words).toMatch(new RegExp(`^${said} in the file, ${model.firstLow.size} flagged nodes? here \\(.+\\)$`));
      }
    }
  });

  it('name the rollouts kept in the file, and how many were judged', () => {
    for (const view of viewsOf(openDocument(name, text, 'no live scores'))) {
      const model = buildTreeModel(view);
      const { kept, judged } = countRollouts(view.nodes);
      const said = `${kept.toLocaleString('en')} rollout${kept === 1 ? '' : 's'}`;
      const words = rolloutWords(model);
      if (judged === undefined || judged === kept) expect(words).toBe(said);
      else expect(words.startsWith(`${said} kept of ${judged.toLocaleString('en')} judged (equal ones once`)).toBe(true);
    }
  });
});

it.each(files.filter(([name]) => !/^trees|search/.test(name)))(
  'the outline of %s has every first low step of each solution',
  (name, text) => {
    const document = openDocument(name, text, 'labels before live scores');
    // A step that several solutions share is in the outline under each solution.
    const names = documentSymbols(document).flatMap(({ children = [] }) =>
      children.flatMap((one) => (one.children ?? []).map((step) => step.name)),
    );
    expect(names.filter((one) => one.endsWith('first low'))).toHaveLength(
      sum(
        document.problems.flatMap(({ problem, steps }) =>
          problem.solutions.flatMap((one) => one.steps.filter((at) => steps[at]!.firstLow).length),
        ),
      ),
    );
  },
);

describe('the rollouts of a search', () => {
  it.each(['recipe', 'number-line'])('are as many in the replay as the values were computed from: %s', async (name) => {
    const document = openDocument(name, sample(`trees/${name}.json`), 'no live scores');
    const events = (await readEventLog(`media/samples/trees/${name}.events.jsonl`)).recorded.map(({ event }) => event);
    const replay = replayOf(events, document.reasoning.problems[0]!)!;
    const replayed = sum(replay.frames.map(({ event }) => (event.kind === 'rollouts' ? event.right + event.wrong : 0)));
    const [view] = viewsOf(document);
    const { judged, finished } = countRollouts(view!.nodes);
    expect(judged! - finished).toBe(replayed);
    const end = replay.frames.at(-1)!.event;
    expect(end).toMatchObject({
      kind: 'end',
      rollouts: sum(
        replay.frames.map(({ event }) => (event.kind === 'rollouts' ? event.right + event.wrong + event.undecided + event.failed : 0)),
      ),
    });
  });
});
