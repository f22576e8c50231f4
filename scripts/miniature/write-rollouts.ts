/**
 * Logs the basis of Monte-Carlo labels: one solution of the bundled policy for held-out problems, and the verdicts of 32
 * continuations of each of its steps but the last. `npm run model:results` reads the log and samples nothing again. Logged parts are
 * not sampled again, so a stopped run continues. `--count`: problems of the seed; without it, completes those that the log has.
 *   npx tsx scripts/miniature/write-rollouts.ts [--count 500] [--out scripts/miniature/rollouts.jsonl]
 */
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { problemImages } from '../../server/files/images.js';
import { InferenceClient } from '../../server/inference/client.js';
import { createJudge } from '../../server/labeling/judge.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import type { SampleRequest } from '../../server/labeling/policy.js';
import { mustHave } from '../../server/reasoning/present.js';
import { createRandom } from '../../server/reasoning/random.js';
import { seeds } from './problems/labeled.js';
import { figureImage } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { continuations, type LoggedSolution, logFile } from './rolloutLog.js';
import { modelFolder } from './score.js';

const { values } = parseArgs({
  options: { count: { type: 'string' }, out: { type: 'string', default: logFile } },
});
const logged = new Map(
  (existsSync(values.out) ? readFileSync(values.out, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as LoggedSolution)
    .map((solution) => [solution.index, solution]),
);

const client = new InferenceClient({
  entry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)),
  log: { info: () => undefined, warn: (message) => console.warn(message) },
});
const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
const judge = createJudge({ verifier: localVerifier() });
const folder = mkdtempSync(join(tmpdir(), 'steplens-rollouts-'));
const figurePath = join(folder, 'figure.png');

const indices = values.count === undefined ? [...logged.keys()] : Array.from({ length: Number(values.count) }, (_, index) => index);
for (const index of indices) {
  const before = logged.get(index);
  if (before?.verdicts.every((row) => row !== '')) continue;
  const { question, answer, figure } = generateProblem(seeds.heldOut, index);
  if (figure) writeFileSync(figurePath, await figureImage(figure));
  const random = createRandom(seeds.heldOut, `rollouts ${index}`);
  const images = problemImages({ searched: [folder], roots: [folder] }, figure ? [figurePath] : []);
  /** Solutions that begin with a prefix, and their verdicts: `1` right, `0` wrong, `u` undecided. */
  const sample = async (seed: number, request: Pick<SampleRequest, 'prefix' | 'count'>) => {
    const rollouts = await policy.sample({ question, images, seed, ...request });
    return Promise.all(
      rollouts.map(async (rollout) => {
        if ('failure' in rollout) throw new Error(`Problem ${index}: ${rollout.failure}`);
        const solution = [...request.prefix, ...rollout.steps];
        const { verdict } = await judge.judge({ question, reference: String(answer), solution });
        return { solution, verdict: verdict === 'right' ? '1' : verdict === 'wrong' ? '0' : 'u' };
      }),
    );
  };
  const nextSeed = () => Math.floor(random() * 2 ** 32);
  const [own] = await sample(nextSeed(), { prefix: [], count: 1 });
  const { solution, verdict } = mustHave(own, `solution of problem ${index}`);
  if (before !== undefined && JSON.stringify(before.steps) !== JSON.stringify(solution))
    throw new Error(`Problem ${index}: the log has another solution. Write into a new file.`);
  const verdicts: string[] = [];
  for (let length = 1; length < solution.length; length++) {
    // Every step takes a seed, even if it is in the log already.
    const seed = nextSeed();
    const known = before?.verdicts[length - 1] ?? '';
    const rollouts = known === '' ? await sample(seed, { prefix: solution.slice(0, length), count: continuations }) : [];
    verdicts.push(known || rollouts.map((rollout) => rollout.verdict).join(''));
  }
  logged.set(index, { index, steps: solution, verdicts: [...verdicts, verdict] });
  const lines = [...logged.values()].sort((x, y) => x.index - y.index).map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(`${values.out}.partial`, lines.join(''));
  renameSync(`${values.out}.partial`, values.out);
}
await client.dispose();
rmSync(folder, { recursive: true });
