/**
 * Makes the rows of `train_prm.py` from runs of `steplens label` on generated problems:
 *   npx tsx scripts/miniature/write-labels.ts --runs DIR --seed 5 --kind mcts|monte-carlo|outcome --out FILE
 * `mcts`: every distinct rollout of the trees with the soft values of the states it passes. The steps of a right rollout have 1;
 * steps after a state without a right rollout, and the last step of any wrong rollout, have 0. (MM-PRM's own export keeps balanced
 * paths up to the first error, a sixth of this: too few for so small a model.) `monte-carlo`: VisualPRM's records, with a value for
 * every step. `outcome`: the same rollouts as `mcts`, with only their verdict.
 * One line: {q, s: steps, v: value of each step's prefix or null, n: [right, all] of its continuations or null, x: index of the first wrong step
 * by the generator or -1, g: figure in FILE.figures or -1}.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { readDocument } from '../../server/formats/registry.js';
import { itemAt } from '../../server/reasoning/present.js';
import type { Problem } from '../../server/reasoning/problem.js';
import type { McValue } from '../../server/reasoning/stepValue.js';
import { judgeSteps } from './problems/exactSteps.js';
import { figurePixels } from './problems/figurePixels.js';
import { indexOf } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';

interface Row {
  readonly s: readonly string[];
  readonly v: readonly (number | null)[];
  readonly n: readonly Counts[];
}

type Counts = readonly [right: number, all: number] | null;

const { values } = parseArgs({
  options: { runs: { type: 'string' }, seed: { type: 'string' }, kind: { type: 'string' }, out: { type: 'string' } },
});
const makers: Readonly<Record<string, (problem: Problem) => Row[]>> = { mcts: searched, 'monte-carlo': continued, outcome: outcomes };
const make = makers[values.kind ?? ''];
if (values.runs === undefined || values.seed === undefined || values.out === undefined || make === undefined) {
  console.error('usage: write-labels.ts --runs DIR --seed N --kind mcts|monte-carlo|outcome --out FILE');
  process.exit(2);
}
const seed = Number(values.seed);

const lines: string[] = [];
const figures: Uint8Array[] = [];
let [spent, problems] = [0, 0];
const files = readdirSync(values.runs)
  .filter((name) => /\.jsonl?$/.test(name) && !name.endsWith('.events.jsonl') && name !== 'run.json')
  .sort((a, b) => indexOf(basename(a).replace(/\.jsonl?$/, '')) - indexOf(basename(b).replace(/\.jsonl?$/, '')));
for (const name of files) {
  const index = indexOf(name.replace(/\.jsonl?$/, ''));
  const document = readDocument(readFileSync(join(values.runs, name), 'utf8'));
  // A problem that the policy always or never solves has a tree without steps, which is only a warning.
  const fault = document?.faults.find(({ severity }) => severity === 'error');
  if (document === undefined || fault) throw new Error(`${name}: ${fault?.message ?? 'not a file of labels'}`);
  const problem = generateProblem(seed, index);
  const rows = document.problems.flatMap((found) => make(found));
  spent += document.problems.reduce((sum, found) => sum + used(found), 0);
  problems++;
  if (rows.length === 0) continue;
  const g = problem.figure === undefined ? -1 : figures.push(await figurePixels(problem.figure)) - 1;
  for (const row of rows) lines.push(JSON.stringify({ q: problem.question, ...row, x: judgeSteps(problem, row.s).firstError, g }));
}
writeFileSync(values.out, lines.map((line) => `${line}\n`).join(''));
writeFileSync(`${values.out}.figures`, Buffer.concat(figures));
console.log(`${problems} problems, ${spent} rollouts, ${lines.length} rows`);

function used({ tree, steps, solutions }: Problem): number {
  return tree
    ? tree.nodes.reduce((sum, { mc }) => sum + (mc?.assumed ? 0 : (mc?.total ?? 0)), 0)
    : steps.reduce((sum, { values: { mc } }) => sum + (mc?.total ?? 0), solutions.length);
}

/** Known values of a rollout's steps: of states it passes, 1 for steps of a right one, 0 for the end of a wrong one. */
function searched(problem: Problem): Row[] {
  const known = new Map<string, Row>();
  for (const { prefix, values: before, counts, correct, steps: rest, isLost } of rollouts(problem)) {
    const s = [...prefix, ...rest];
    const v = [...before, ...rest.map((_, i) => (correct ? 1 : isLost || i === rest.length - 1 ? 0 : null))];
    const n = [...counts, ...rest.map(() => null)];
    const key = JSON.stringify(s);
    const other = known.get(key);
    known.set(
      key,
      other === undefined
        ? { s, v, n }
        : { s, v: v.map((value, i) => value ?? itemAt(other.v, i)), n: n.map((one, i) => one ?? itemAt(other.n, i)) },
    );
  }
  return [...known.values()];
}

function continued(problem: Problem): Row[] {
  return problem.solutions.map(({ steps }) => ({
    s: steps.map((step) => itemAt(problem.steps, step).text),
    v: steps.map((step) => itemAt(problem.steps, step).values.mc?.value ?? null),
    n: steps.map((step) => countsOf(itemAt(problem.steps, step).values.mc)),
  }));
}

function outcomes(problem: Problem): Row[] {
  return searched(problem).map(({ s, v, n }) => ({ s, v: v.map((value, i) => (i === v.length - 1 ? value : null)), n }));
}

/** Numbers of right and of all continuations; null if none was sampled. */
function countsOf(mc: McValue | undefined): Counts {
  return mc === undefined || mc.assumed || mc.correct === undefined || mc.total === undefined ? null : [mc.correct, mc.total];
}

/** Distinct rollouts of a tree, with their state's steps and values. `isLost`: no rollout of that state was right. */
function* rollouts({ tree, steps }: Problem) {
  const nodes = tree?.nodes ?? [];
  for (const { id, mc, rollouts: sampled } of nodes) {
    const prefix: string[] = [];
    const before: (number | null)[] = [];
    const counts: Counts[] = [];
    for (let at = nodes[id]; at?.parent !== undefined; at = nodes[at.parent]) {
      prefix.unshift(...at.steps.map((step) => itemAt(steps, step).text));
      before.unshift(...at.steps.map((_, i, all) => (i === all.length - 1 ? (at.mc?.value ?? null) : null)));
      counts.unshift(...at.steps.map((_, i, all) => (i === all.length - 1 ? countsOf(at.mc) : null)));
    }
    for (const { correct, steps: rest } of sampled)
      if (prefix.length + rest.length > 0) yield { prefix, values: before, counts, correct, steps: rest, isLost: mc?.value === 0 };
  }
}
