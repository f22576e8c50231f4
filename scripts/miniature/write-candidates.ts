/**
 * Samples solutions of the bundled policy for held-out problems, which `npm run model:results -- --part candidates` compares: 16 of each problem,
 * then 16 more of the first `--many` until they have 128. FILE has a line for every 16, and a stopped run continues. At the end they are packed
 * into FILE.gz. `--count 0 --many 0` only packs the existing lines.
 *   npx tsx scripts/miniature/write-candidates.ts --out FILE [--count 540] [--many 540]
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { problemImages } from '../../server/files/images.js';
import { InferenceClient } from '../../server/inference/client.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import { createRandom } from '../../server/reasoning/random.js';
import { type CandidateLine, packCandidates, ROUND } from './candidateLog.js';
import { seeds } from './problems/labeled.js';
import { figureImage } from './problems/problemFile.js';
import { generateProblem } from './problems/registry.js';
import { modelFolder } from './score.js';

const { values } = parseArgs({
  options: { out: { type: 'string' }, count: { type: 'string', default: '540' }, many: { type: 'string', default: '540' } },
});
if (values.out === undefined) {
  console.error('usage: write-candidates.ts --out FILE [--count 540] [--many 540]');
  process.exit(2);
}
const out = values.out;
const read = (): CandidateLine[] =>
  (existsSync(out) ? readFileSync(out, 'utf8') : '')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as CandidateLine);
const done = new Set(read().map(({ index, round }) => `${index} ${round}`));

const client = new InferenceClient({
  entry: fileURLToPath(new URL('../../server/inference/main.ts', import.meta.url)),
  log: { info: () => undefined, warn: (message) => console.warn(message) },
});
const policy = openLocalPolicy({ folder: join(modelFolder, 'policy'), client, device: 'cpu', threads: 1 });
const folder = mkdtempSync(join(tmpdir(), 'steplens-candidates-'));
const figurePath = join(folder, 'figure.png');

async function sampleRound(index: number, round: number): Promise<void> {
  if (done.has(`${index} ${round}`)) return;
  const { question, figure } = generateProblem(seeds.heldOut, index);
  if (figure) writeFileSync(figurePath, await figureImage(figure));
  const images = problemImages({ searched: [folder], roots: [folder] }, figure ? [figurePath] : []);
  const seed = Math.floor(createRandom(seeds.heldOut, `candidates ${index} ${round}`)() * 2 ** 32);
  const solutions = (await policy.sample({ question, images, prefix: [], count: ROUND, seed })).map((rollout) => {
    if ('failure' in rollout) throw new Error(`Problem ${index}: ${rollout.failure}`);
    return rollout.steps;
  });
  appendFileSync(out, `${JSON.stringify({ index, round, solutions } satisfies CandidateLine)}\n`);
}

const [count, many] = [Number(values.count), Number(values.many)];
for (let index = 0; index < count; index++) await sampleRound(index, 0);
for (let round = 1; round < 128 / ROUND; round++) for (let index = 0; index < many; index++) await sampleRound(index, round);
await client.dispose();
rmSync(folder, { recursive: true });
writeFileSync(`${out}.gz`, packCandidates(read()));
