/**
 * Scores one tree with one model on one device, and prints the outcome as a JSON line:
 *   node measure.js MODEL DEVICE INFERENCE_ENTRY
 * Part of the bundle for a GPU machine; see check.py.
 */
import { availableParallelism } from 'node:os';
import { loadTokenizer } from '../../server/models/tokenizer.js';
import { itemAt } from '../../server/reasoning/present.js';
import { createEncoder, markersOf } from '../../server/scoring/layouts/layouts.js';
import { loadProfile } from '../../server/scoring/loadProfile.js';
import { createScorer } from '../../server/scoring/onnxScorer.js';
import type { ScoreJob } from '../../server/scoring/scorer.js';

const [modelFolder, device, inferenceEntry] = process.argv.slice(2) as [string, 'cpu' | 'cuda' | 'webgpu', string];
const solutions = 16;
const depth = 8;
/** Number of solutions that share each step: there are 16 leaves, and half of their tokens are shared. */
const sharedBy = [16, 8, 8, 4, 4, 2, 1, 1];

function tree(seed: number): ScoreJob {
  const steps: { text: string; parent?: number }[] = [];
  const known = new Map<string, number>();
  for (let solution = 0; solution < solutions; solution++) {
    let parent: number | undefined;
    for (let step = 0; step < depth; step++) {
      const branch = Math.floor(solution / itemAt(sharedBy, step));
      const key = `${parent} ${step} ${branch}`;
      let index = known.get(key);
      if (index === undefined) {
        const [a, b] = [12 + step * 7 + branch * 3 + seed, 5 + branch];
        const text = `Step ${step + 1}: ${a} boxes of ${b} pencils hold ${a} * ${b} = ${a * b} pencils, of which ${branch + step} are given away, so that ${a * b - branch - step} are left.`;
        index = steps.push({ text, ...(parent !== undefined && { parent }) }) - 1;
        known.set(key, index);
      }
      parent = index;
    }
  }
  return { question: `Sam packs pencils into boxes ${seed} times. How many pencils are left after ${depth} steps?`, images: [], steps };
}

/** Token ids of every solution, and the positions at which its steps are scored. */
async function sequences(job: ScoreJob): Promise<{ ids: number[]; reads: number[]; steps: number[] }[]> {
  const { profile, tokenizerPath } = await loadProfile(modelFolder);
  const tokenizer = await loadTokenizer(tokenizerPath, ...markersOf(profile.layout));
  const encoder = createEncoder(profile.layout, tokenizer);
  const hasChild = new Set(job.steps.map(({ parent }) => parent));
  return job.steps.flatMap((_, leaf) => {
    if (hasChild.has(leaf)) return [];
    const path: number[] = [];
    for (let at: number | undefined = leaf; at !== undefined; at = itemAt(job.steps, at).parent) path.unshift(at);
    const problem = encoder.open(job.question);
    const ids = [...problem.prompt];
    const reads = path.map((step, i) => {
      const encoded = problem.step(itemAt(job.steps, step).text, i);
      ids.push(...encoded.ids);
      return ids.length - encoded.ids.length + encoded.read;
    });
    return [{ ids, reads, steps: path }];
  });
}

const log: string[] = [];
const add = (message: string) => void log.push(message);
const scorer = createScorer({ modelFolder, device, threads: availableParallelism(), inferenceEntry, log: { info: add, warn: add } });
try {
  const start = performance.now();
  const info = await scorer.describe();
  const loadMs = performance.now() - start;
  const runs = [];
  for (let seed = device === 'cpu' ? 2 : 0; seed < 4; seed++) {
    const from = performance.now();
    const { tokens } = await scorer.score(tree(seed), { ignoreCache: true });
    runs.push({ ms: performance.now() - from, tokens });
  }
  const job = tree(3);
  const edited: ScoreJob = {
    ...job,
    steps: job.steps.map((step, i) => (i === job.steps.length - 1 ? { ...step, text: `${step.text} So it is.` } : step)),
  };
  const from = performance.now();
  const edit = await scorer.score(edited);
  const result = { deviceInfo: info.device, loadMs, runs: runs.slice(1), edit: { ms: performance.now() - from, tokens: edit.tokens } };
  const { scores } = await scorer.score(job);
  process.stdout.write(`${JSON.stringify({ ...result, scores: [...scores], sequences: await sequences(job), log })}\n`);
} catch (error) {
  process.stdout.write(`${JSON.stringify({ error: (error as Error).message, sequences: await sequences(tree(3)), log })}\n`);
} finally {
  await scorer.dispose();
}
