import { setImmediate } from 'node:timers/promises';
import { openVerifier } from '../answers/openVerifier.js';
import type { Verifier } from '../answers/verifier.js';
import { EvaluationRun, nothingToEvaluate } from '../evaluation/evaluation.js';
import { evaluationLine } from '../evaluation/evaluationLine.js';
import type { EvaluateOutcome, EvaluateParams, EvaluationProgressParams, FileFault } from '../protocol/evaluation.js';
import { type ScoreJob, type ScoreOptions, type ScoreResult, type ScorerInfo, scoreJob } from '../scoring/scorer.js';
import { type OpenText, readRequested } from './openInput.js';
import type { OpenImages } from './scoringQueue.js';

/** Milliseconds between two progress reports. */
const progressMs = 100;
/** Seed for resampling and intervals, the same as on the command line, so that both print the same numbers. */
const seed = 1;

/** What an evaluation needs of the server. */
export interface EvaluationHost {
  openText(uri: string): OpenText | undefined;
  readonly images: OpenImages;
  /** Opens the verifier of the settings, or uses `rules` if they name none. */
  openVerifier(rules: Verifier): Promise<Verifier>;
  /** Scores one problem with the model of the settings. */
  score(job: ScoreJob, options: ScoreOptions): Promise<{ readonly result: ScoreResult; readonly info: ScorerInfo }>;
  /** The setting; undefined = the model's own. */
  threshold(): number | undefined;
  onProgress(progress: EvaluationProgressParams): void;
  now(): number;
}

/** Evaluates files for a panel. Rejects when the signal aborts, and with a readable message when the model or the verifier fails. */
export async function evaluateFiles(
  { id, uris, rescore }: EvaluateParams,
  signal: AbortSignal,
  host: EvaluationHost,
): Promise<EvaluateOutcome> {
  const faults: FileFault[] = [];
  let info: ScorerInfo | undefined;
  let uri = '';
  let told = -Infinity;
  const threshold = host.threshold();
  const rules = openVerifier();
  const verifier = await host.openVerifier(rules);
  const run = new EvaluationRun(
    { seed, threshold, rescore },
    {
      async score(problem, _file, onProgress) {
        signal.throwIfAborted();
        const job = scoreJob(problem, host.images(uri, problem.images));
        const scored = await host.score(job, { signal, onProgress });
        info = scored.info;
        return scored.result;
      },
      model: () => info && { model: info.model, device: info.device.provider, threshold: info.threshold },
      verifier,
      onProgress(_file, done, total) {
        if (done < total && host.now() - told < progressMs) return;
        told = host.now();
        host.onProgress({ id, uri, done, total });
      },
      async pause() {
        await setImmediate();
        signal.throwIfAborted();
      },
    },
  );
  try {
    for await (const input of readRequested(uris, (one) => host.openText(one), faults)) {
      signal.throwIfAborted();
      uri = input.uri;
      if (!(await run.add(input.file, input.reasoning))) faults.push({ uri, message: nothingToEvaluate });
    }
    return { lines: (await run.evaluations()).map(evaluationLine), faults };
  } finally {
    await Promise.all([verifier.dispose(), rules.dispose()]);
  }
}
