import type { ScoreJob, Scorer, ScorerInfo } from '../scoring/scorer.js';
import { HackingWatch } from './hackingWatch.js';
import { readPooling } from './pooling.js';
import { type RewardCompletion, type RewardRequest, RewardRequestError, showsImage } from './rewardRequest.js';
import { rewarder } from './stepRewards.js';

export interface RewardReply {
  readonly model: string;
  /** One per completion; null if it has none, for the reason in `reasons`. */
  readonly rewards: readonly (number | null)[];
  /** For every completion, one entry per step: its value, its reward, and where it ends, in code points. */
  readonly steps: readonly (readonly { readonly end: number; readonly value: number | null; readonly reward: number | null }[])[];
  readonly reasons: Readonly<Record<number, string>>;
  /** Signs of a policy that pleases the model instead of reasoning. */
  readonly alerts: readonly string[];
}

/** A completion, and its place in the request. */
interface Asked {
  readonly index: number;
  readonly completion: RewardCompletion;
}

interface ScoredCompletion extends Asked {
  readonly values: readonly number[];
  /** Why the first step without a value has none. */
  readonly reason?: string;
}

/** Computes rewards with a reward model, for every format in which trainers ask. */
export class RewardService {
  readonly watch = new HackingWatch();
  readonly #scorer: Scorer;

  constructor(scorer: Scorer) {
    this.#scorer = scorer;
  }

  async rewards({ completions, mode, aggregation, withImages = [] }: RewardRequest, signal: AbortSignal): Promise<RewardReply> {
    const info = await this.#scorer.describe(signal);
    refuseImages(info, withImages);
    const rewards: (number | null)[] = Array.from(completions, () => null);
    const steps: RewardReply['steps'][number][] = Array.from(completions, () => []);
    const reasons: Record<number, string> = {};
    for (const [question, group] of groupsOf(completions)) {
      const scored = await this.#score(question, group, signal);
      const rewardOf = rewarder(
        scored.map(({ values }) => values),
        mode,
        aggregation ?? info.aggregation,
      );
      for (const { index, completion, values, reason } of scored) {
        const { reward, steps: own } = rewardOf(values);
        rewards[index] = reward ?? null;
        steps[index] = completion.steps.map(({ end }, step) => ({ end, value: orNull(values[step]), reward: own[step] ?? null }));
        if (reward === undefined) reasons[index] = reason ?? 'It has no steps.';
        else this.watch.add(completion.text, reward, values);
      }
    }
    return { model: info.model, rewards, steps, reasons, alerts: this.watch.report().alerts };
  }

  /** Returns rows [P(wrong), P(right)] of every step, like vLLM's `/pooling`. */
  async pool(body: unknown, signal: AbortSignal): Promise<object> {
    const texts = readPooling(body);
    const info = await this.#scorer.describe(signal);
    refuseImages(info, showsImage((body as { messages?: unknown }).messages) ? ["'messages'"] : []);
    const { model } = info;
    const data: object[] = [];
    let tokens = 0;
    for (const [index, { question, steps }] of texts.entries()) {
      const result = await this.#scorer.score(chain(question, steps), { signal });
      const [reason] = result.skipped.values();
      if (reason !== undefined) throw new RewardRequestError(`A step of input[${index}] has no score: ${reason}`);
      tokens += result.tokens;
      data.push({ index, object: 'pooling', data: Array.from(result.scores, (value) => [1 - value, value]) });
    }
    return { object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } };
  }

  models(signal: AbortSignal): Promise<object> {
    return this.#scorer
      .describe(signal)
      .then(({ model }) => ({ object: 'list', data: [{ id: model, object: 'model', owned_by: 'steplens' }] }));
  }

  /** Scores all completions of one question in one job, so that the steps they all begin with are run once. */
  async #score(question: string, group: readonly Asked[], signal: AbortSignal): Promise<readonly ScoredCompletion[]> {
    const steps: { text: string; parent?: number }[] = [];
    const placed = group.map((asked) => ({
      asked,
      places: asked.completion.steps.map(({ text }, i) => steps.push({ text, ...(i > 0 && { parent: steps.length - 1 }) }) - 1),
    }));
    if (steps.length === 0) return group.map((asked) => ({ ...asked, values: [] }));
    const { scores, skipped } = await this.#scorer.score({ question, images: [], steps }, { signal });
    return placed.map(({ asked, places }) => {
      const values = places.map((step) => scores[step] ?? NaN);
      const missing = values.findIndex(Number.isNaN);
      const why = skipped.get(places[missing] ?? -1) ?? 'it has no score.';
      return { ...asked, values, ...(missing >= 0 && { reason: `Step ${missing + 1}: ${why}` }) };
    });
  }
}

/** Throws if the model reads images and there is one: it must see it. A text-only model scores by the text. */
function refuseImages({ model, readsImages }: ScorerInfo, [first]: readonly string[]): void {
  if (readsImages && first !== undefined)
    throw new RewardRequestError(
      `${first} has an image, which ${model} reads, and requests carry none here. Score such problems with "steplens score".`,
    );
}

function chain(question: string, steps: readonly string[]): ScoreJob {
  return { question, images: [], steps: steps.map((text, i) => ({ text, ...(i > 0 && { parent: i - 1 }) })) };
}

/** Groups completions by question, in the order of each question's first completion. */
function groupsOf(completions: readonly RewardCompletion[]): ReadonlyMap<string, readonly Asked[]> {
  const groups = new Map<string, Asked[]>();
  completions.forEach((completion, index) => {
    const group = groups.get(completion.question);
    if (group) group.push({ index, completion });
    else groups.set(completion.question, [{ index, completion }]);
  });
  return groups;
}

function orNull(value: number | undefined): number | null {
  return value === undefined || Number.isNaN(value) ? null : value;
}
