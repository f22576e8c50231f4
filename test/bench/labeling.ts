import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { localVerifier } from '../../server/answers/localVerifier.js';
import { imagePlace, problemImages } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import { InferenceClient } from '../../server/inference/client.js';
import { createJudge } from '../../server/labeling/judge.js';
import { labelRun } from '../../server/labeling/labelRun.js';
import { openLocalPolicy } from '../../server/labeling/policies/localPolicy.js';
import type { Policy } from '../../server/labeling/policy.js';
import { labelProblems } from '../../server/labeling/problemFile.js';
import type { ProblemToLabel } from '../../server/labeling/runEvents.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import type { Row } from './row.js';
import { measureSampling } from './sampling.js';

const file = resolve('media/samples/problems.json');
const settings = { ...defaultLabelSettings.mcts, seed: 1, budget: 96 };

/** Measures sampling by the bundled policy on the sample problems, and the overhead of the search. */
export async function measure(): Promise<Row[]> {
  const client = new InferenceClient({
    entry: resolve('dist/inference.js'),
    log: { info: () => undefined, warn: (message) => console.warn(message) },
  });
  const policy = openLocalPolicy({ folder: resolve('media/models/mini/policy'), client, device: 'cpu', threads: 1 });
  try {
    const { problems } = labelProblems(readDocument(await readFile(file, 'utf8'))!.problems);
    const first = problems.find(({ images }) => images.length > 0)!;
    const images = problemImages(imagePlace(pathToFileURL(resolve(file)).href, []), first.images);
    const speed = await measureSampling(policy, { question: first.question, images, prefix: [], count: 16, seed: 1 }, 8);
    const eight = problems.slice(0, 8);
    await label(policy, eight.slice(0, 1), 1);
    const overhead = await overheadOf(policy, eight);
    const alone = await label(policy, eight, 1);
    const together = await label(policy, eight, 8);
    return [
      {
        name: 'rollouts of the local policy, 16 in a batch',
        value: speed.batched,
        unit: '1/s',
        ratio: { to: 'one by one', value: speed.batched / speed.oneByOne },
      },
      {
        name: 'search, verdicts and event log, share of wall time',
        value: 100 * overhead.share,
        unit: '%',
        note: `${overhead.milliseconds.toFixed(2)} ms a rollout`,
      },
      {
        name: 'labeling 8 problems at once, time per problem',
        value: together / 8,
        unit: 'ms',
        ratio: { to: 'one after the other', value: together / alone },
      },
    ];
  } finally {
    await client.dispose();
  }
}

/** Labels problems into a temporary folder and returns the time, ms. */
async function label(policy: Policy, problems: readonly ProblemToLabel[], jobs: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  const start = performance.now();
  await labelRun(
    { problems, problemsFile: file, settings, jobs, restart: false, signal: new AbortController().signal },
    { policy, judge: createJudge({ verifier: localVerifier() }), folder, images: () => [] },
  );
  const time = performance.now() - start;
  await rm(folder, { recursive: true });
  return time;
}

/** The share of wall time without a running policy request, when one problem at a time is labeled. */
async function overheadOf(policy: Policy, problems: readonly ProblemToLabel[]): Promise<{ share: number; milliseconds: number }> {
  let [sampling, rollouts] = [0, 0];
  const timed: Policy = {
    ...policy,
    async sample(request) {
      const start = performance.now();
      const sampled = await policy.sample(request);
      sampling += performance.now() - start;
      rollouts += sampled.length;
      return sampled;
    },
  };
  const total = await label(timed, problems, 1);
  return { share: (total - sampling) / total, milliseconds: (total - sampling) / rollouts };
}
