/**
 * Logs what Monte-Carlo labels rest on: one solution of the bundled policy for each of `--count` held-out problems, and the verdicts of 32
 * continuations of its steps: of all but the last for the first problems, of one drawn at random for the others. `npm run model:results` reads the log and samples nothing again. A stopped run continues.
 *   npx tsx scripts/miniature/write-rollouts.ts [--from 482] [--count 522] [--out scripts/miniature/rollouts.jsonl]
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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
import { createRandom } from '../../server/reasoning/random.js';
import { seeds } from './problems/labeled.js';
import { figureImage } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { continuations, continuedStep, type LoggedSolution, logFile } from './rolloutLog.js';
import { modelFolder } from './score.js';

const { values } = parseArgs({
  options: { from: { type: 'string' }, count: { type: 'string', default: '522' }, out: { type: 'string', default: logFile } },
});
const done = existsSync(values.out) ? readFileSync(values.out, 'utf8').split('\n').length - 1 : 0;

const client = new InferenceClient({
  entry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)),
  log: { info: () => undefined, warn: (message) => console.warn(message) },
});
const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
const judge = createJudge({ verifier: localVerifier() });
const folder = mkdtempSync(join(tmpdir(), 'steplens-rollouts-'));
const figurePath = join(folder, 'figure.png');

for (let index = Number(values.from ?? done); index < Number(values.count); index++) {
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
  const { solution, verdict } = own!;
  const verdicts: string[] = [];
  const chosen = continuedStep(index, solution.length);
  for (let length = 1; length < solution.length; length++) {
    // Every step has its seed, whether it is continued or not.
    const seed = nextSeed();
    const isContinued = chosen === undefined || chosen === length - 1;
    const rollouts = isContinued ? await sample(seed, { prefix: solution.slice(0, length), count: continuations }) : [];
    verdicts.push(rollouts.map((rollout) => rollout.verdict).join(''));
  }
  const line: LoggedSolution = { index, steps: solution, verdicts: [...verdicts, verdict] };
  appendFileSync(values.out, `${JSON.stringify(line)}\n`);
}
await client.dispose();
rmSync(folder, { recursive: true });
