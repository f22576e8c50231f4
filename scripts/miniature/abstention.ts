/**
 * Measures on which texts the bundled PRM gives scores:
 *   npm run model:abstention [-- --rows FOLDER] [--json]
 * The target is at least 98 % of generated problems that no choice was based on, and at most 2 % of other texts. `--rows` names a folder of
 * real data sets. The default is the folder `shared/data` beside the repository, if it exists.
 */
import { existsSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { itemAt, mustHave } from '../../server/reasoning/present.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { openScope } from '../../server/scoring/scope/scopes.js';
import { scoreWithin } from '../../server/scoring/scope/scoreWithin.js';
import { type ForeignRow, foreignRows } from './foreignRows.js';
import { generateSolution, seeds } from './problems/labeled.js';
import { realRows } from './realRows.js';
import { modelFolder } from './score.js';

const { values } = parseArgs({
  options: { rows: { type: 'string' }, count: { type: 'string', default: '3600' }, json: { type: 'boolean', default: false } },
});
const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
const folder = values.rows ?? (existsSync(beside) ? beside : undefined);

const { profile } = await loadProfile(modelFolder);
const scope = await openScope(mustHave(profile.scope, "scope in the bundled model's profile"), modelFolder);

interface Abstention {
  readonly texts: string;
  readonly problems: number;
  /** Share of the problems with at least one score. */
  readonly problemsScored: number;
  /** Share of the problems all of whose steps have a score. */
  readonly wholly: number;
  readonly steps: number;
  readonly stepsScored: number;
  /** Time of the decision itself, in microseconds per step. */
  readonly microseconds: number;
}

async function measure(texts: string, rows: readonly Omit<ForeignRow, 'kind'>[]): Promise<Abstention> {
  const inside: number[] = [];
  const started = performance.now();
  for (const { question, steps } of rows) {
    const job = { question, images: [], steps: steps.map((text, i) => (i === 0 ? { text } : { text, parent: i - 1 })) };
    // Only the decision is measured, so every accepted step gets the same score.
    const given = (part: typeof job) => ({
      scores: new Float64Array(part.steps.length),
      skipped: new Map<number, string>(),
      cached: 0,
      tokens: 0,
    });
    const { scores } = await scoreWithin(profile.name, scope, job, (part) => Promise.resolve(given(part as typeof job)));
    inside.push(scores.filter((score) => !Number.isNaN(score)).length);
  }
  const elapsed = performance.now() - started;
  const steps = rows.reduce((sum, row) => sum + row.steps.length, 0);
  return {
    texts,
    problems: rows.length,
    problemsScored: inside.filter((scored) => scored > 0).length / rows.length,
    wholly: inside.filter((scored, i) => scored === itemAt(rows, i).steps.length).length / rows.length,
    steps,
    stepsScored: inside.reduce((sum, scored) => sum + scored, 0) / steps,
    microseconds: (1000 * elapsed) / steps,
  };
}

const generated = Array.from({ length: Number(values.count) }, (_, i) => generateSolution(seeds.heldOut, i)).map(({ problem, steps }) => ({
  question: problem.question,
  steps,
}));
/** Generated questions with steps of foreign texts: only the steps show that the text is foreign. */
const mixed = generated.slice(0, foreignRows.length).map(({ question }, i) => ({ question, steps: itemAt(foreignRows, i).steps }));
/** The same words in another order. */
const shuffled = generated.slice(0, 500).map(({ question, steps }) => ({ question: question.split(' ').reverse().join(' '), steps }));

const measured = [
  await measure('generated, held out', generated),
  await measure('written for this project', foreignRows),
  await measure('generated questions, steps of those', mixed),
  await measure('generated questions backwards', shuffled),
];
if (folder !== undefined) {
  const rows = realRows(folder);
  for (const kind of [...new Set(rows.map((row) => row.kind))]) {
    measured.push(
      await measure(
        `real: ${kind}`,
        rows.filter((row) => row.kind === kind),
      ),
    );
  }
  if (rows.length > 0) measured.push(await measure('real, all', rows));
}

if (values.json) console.log(JSON.stringify(measured, null, 2));
else {
  const percent = (x: number): string => `${(100 * x).toFixed(1)} %`.padStart(8);
  console.log(`${'texts'.padEnd(38)} problems   scored   wholly    steps   scored   µs a step`);
  for (const { texts, problems, problemsScored, wholly, steps, stepsScored, microseconds } of measured) {
    console.log(
      `${texts.padEnd(38)} ${String(problems).padStart(8)} ${percent(problemsScored)} ${percent(wholly)} ${String(steps).padStart(8)} ${percent(stepsScored)} ${microseconds.toFixed(1).padStart(11)}`,
    );
  }
  console.log(
    folder === undefined
      ? '\nNo real data sets were measured: name a folder of them with --rows.'
      : `\nReal data sets from ${relative(process.cwd(), folder)}.`,
  );
}
