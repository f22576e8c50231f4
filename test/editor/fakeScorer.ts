import type { ScoreJob, ScoreOptions, ScoreResult, Scorer, ScorerInfo } from '../../server/scoring/scorer.js';

export const fakeInfo: ScorerInfo = {
  model: 'fake',
  modelPath: '/models/fake',
  fingerprint: '0',
  threshold: 0.5,
  aggregation: 'min',
  device: { provider: 'cpu', passedOver: [{ provider: 'cuda', reason: 'not installed' }] },
  readsImages: false,
  knows: 'plain words',
};

/** 0.1 for a step that says "wrong", NaN with a reason for one that says "endless" or "foreign", 0.9 for any other. */
export class FakeScorer implements Scorer {
  readonly jobs: ScoreJob[] = [];
  readonly options: (ScoreOptions | undefined)[] = [];
  aborted = 0;
  described = 0;
  cleared = 0;
  isDisposed = false;
  /** Called before a job is answered. The job waits for its promise, and fails if it throws. */
  before: (job: ScoreJob) => void | Promise<void> = () => undefined;

  constructor(readonly info: ScorerInfo | Error = fakeInfo) {}

  async describe(): Promise<ScorerInfo> {
    this.described++;
    await Promise.resolve();
    if (this.info instanceof Error) throw this.info;
    return this.info;
  }

  async score(job: ScoreJob, options?: ScoreOptions): Promise<ScoreResult> {
    this.jobs.push(job);
    this.options.push(options);
    const { signal } = options ?? {};
    const scored = new AbortController();
    await new Promise<void>((resolve, reject) => {
      const abort = () => {
        this.aborted++;
        reject(new DOMException('Aborted', 'AbortError'));
      };
      signal?.addEventListener('abort', abort, { signal: scored.signal });
      Promise.resolve(job).then(this.before).then(resolve, reject);
    }).finally(() => scored.abort());
    const places = (word: string) => job.steps.flatMap((step, index) => (step.text.includes(word) ? [index] : []));
    const outOfScope = new Set(places('foreign'));
    const skipped = new Map([
      ...places('endless').map((index) => [index, 'longer than the model reads'] as const),
      ...[...outOfScope].map((index) => [index, 'fake knows only plain words.'] as const),
    ]);
    const scores = Float64Array.from(job.steps, (step, index) => (skipped.has(index) ? NaN : step.text.includes('wrong') ? 0.1 : 0.9));
    options?.onProgress?.(job.steps.length, job.steps.length);
    return { scores, skipped, ...(outOfScope.size > 0 && { outOfScope }), cached: 0, tokens: job.steps.length };
  }

  clearCache(): Promise<void> {
    this.cleared++;
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    this.isDisposed = true;
    return Promise.resolve();
  }
}
