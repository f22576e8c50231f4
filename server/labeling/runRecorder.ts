import type { ProblemImage } from '../models/images/imageFile.js';
import { createRandom } from '../reasoning/random.js';
import { Breaker } from './breaker.js';
import { type BatchCost, CostMeter } from './economy/batchCost.js';
import type { Judge } from './judge.js';
import { LogMismatch } from './labelError.js';
import { defaultMostFailed, whyOpen } from './openProblem.js';
import type { Policy, Rollout, RolloutFailure } from './policy.js';
import type { BeginEvent, CompleteEvent, EndReason, JudgedRollout, RunEvent } from './runEvents.js';
import { applyEvent, beginTree, prefixOf, rolloutCount, type SearchTree } from './searchTree.js';

/** A line of a log that is there already. */
export interface RecordedEvent {
  readonly event: RunEvent;
  readonly line: string;
}

export interface RecorderOptions {
  readonly begin: BeginEvent;
  /** What an earlier run has recorded: none for a new one. */
  readonly recorded: readonly RecordedEvent[];
  /** For messages. */
  readonly logFile: string;
  /** Writes a line, without its end, behind the others. */
  append(line: string): Promise<void>;
  readonly policy: Policy;
  readonly judge: Judge;
  /** The problem's images. */
  readonly images: readonly ProblemImage[];
  /** Waits while the policy is away; without it, the problem has one of its own. */
  readonly breaker?: Breaker;
  /** A problem without usable labels is not ended. */
  readonly keepsOpen?: boolean;
  /** Share of a batch that may fail for a reason that passes before the run waits and asks for these again, in [0, 1] (default: 0.5). */
  readonly mostFailed?: number;
  /** ms since 1970: every event gets its time, and batches their cost. Without it they have neither. */
  readonly now?: () => number;
  readonly signal?: AbortSignal;
  readonly onEvent?: RunListener;
}

/** `isRecorded`: it happened in an earlier run. */
export type RunListener = (event: RunEvent, isRecorded: boolean) => void;

/**
 * Where the methods act: every event is recorded and then applied to the tree. What an earlier run recorded happens again
 * first, with its rollouts and no new ones, so that the log goes on as if it had never been broken off.
 */
export class RunRecorder {
  readonly tree: SearchTree;
  readonly #options: RecorderOptions;
  readonly #breaker = new Breaker();
  #count = 0;
  #firstFailure: string | undefined;

  private constructor(options: RecorderOptions) {
    this.#options = options;
    this.tree = beginTree(options.begin);
  }

  static async begin(options: RecorderOptions): Promise<RunRecorder> {
    const recorder = new RunRecorder(options);
    await recorder.#record(options.begin);
    return recorder;
  }

  /** The next event of an earlier run, while there is one. */
  get next(): RunEvent | undefined {
    return this.#options.recorded[this.#count]?.event;
  }

  /** The log says something else than what happens here. */
  mismatch(): LogMismatch {
    return new LogMismatch(this.#options.logFile, this.#count + 1);
  }

  /** Rejects with ProblemOpen instead of ending a problem that has no labels one can use. */
  async end(reason: EndReason): Promise<void> {
    const { rollouts, failures, undecided } = this.tree;
    const { keepsOpen, mostFailed = defaultMostFailed } = this.#options;
    const open = keepsOpen === true && this.next === undefined ? whyOpen(this.tree, mostFailed, this.#firstFailure) : undefined;
    if (open !== undefined) throw open;
    await this.emit({ event: 'end', reason, rollouts, failures, undecided });
  }

  async emit(event: Exclude<RunEvent, BeginEvent>, cost?: BatchCost): Promise<void> {
    const { isRecorded, stamped } = await this.#record(event, cost);
    applyEvent(this.tree, event);
    this.#options.onEvent?.(stamped, isRecorded);
  }

  /** A new node below `parent`; its number. */
  async addNode(parent: number, steps: readonly string[], assumed = false): Promise<number> {
    const node = this.tree.nodes.length;
    await this.emit({ event: 'node', node, parent, steps, assumed });
    return node;
  }

  /** Samples and judges a batch of rollouts from a node. Rejects with AbortError or PolicyError. */
  async sample(node: number, count: number): Promise<readonly JudgedRollout[]> {
    const { begin } = this.#options;
    // Every batch has a stream of its own: nothing depends on what ran before or beside it.
    const seed = Math.floor(createRandom(begin.seed, `${begin.problem.id} ${this.tree.batches}`)() * 2 ** 32);
    const recorded = this.next;
    const meter = this.#meter();
    const rollouts =
      recorded?.event === 'rollouts' && recorded.rollouts.length === count ? recorded.rollouts : await this.#live(node, count, seed, meter);
    this.#firstFailure ??= rollouts.flatMap((one) => ('failure' in one ? [one.failure] : []))[0];
    await this.emit({ event: 'rollouts', node, seed, rollouts }, meter?.cost);
    return rollouts;
  }

  /**
   * The verdict on the prefix up to a node, when the policy says that it already is a whole solution; else undefined. It is
   * recorded, so that a resumed run asks no judge again. Rejects with AbortError or PolicyError.
   */
  async complete(node: number): Promise<CompleteEvent | undefined> {
    const { policy, judge, signal, begin } = this.#options;
    const prefix = prefixOf(this.tree, node);
    if (node === 0 || policy.isComplete?.(prefix) !== true) return undefined;
    const recorded = this.next;
    let event: CompleteEvent;
    const meter = this.#meter();
    if (recorded?.event === 'complete') event = bare(recorded);
    else if (recorded !== undefined) throw this.mismatch();
    else {
      const { question, answer } = begin.problem;
      event = {
        event: 'complete',
        node,
        ...(await judge.judge({ question, reference: answer, solution: prefix, ...(signal && { signal }) })),
      };
    }
    await this.emit(event, meter?.cost);
    return event;
  }

  /** The event as it is in the log, and whether it was recorded before. Time and cost may differ from what is there. */
  async #record(event: RunEvent, cost?: BatchCost): Promise<{ readonly isRecorded: boolean; readonly stamped: RunEvent }> {
    const { recorded, onEvent, now } = this.#options;
    const known = recorded[this.#count];
    const stamped = known?.event ?? { ...event, ...(cost && { cost }), ...(now && { at: now() }) };
    if (known === undefined) await this.#options.append(JSON.stringify(stamped));
    else if (JSON.stringify(bare(known.event)) !== JSON.stringify(event)) throw this.mismatch();
    this.#count++;
    if (event.event === 'begin') onEvent?.(stamped, known !== undefined);
    return { isRecorded: known !== undefined, stamped };
  }

  #meter(): CostMeter | undefined {
    const { now } = this.#options;
    return now && new CostMeter(now);
  }

  async #live(node: number, count: number, seed: number, meter: CostMeter | undefined): Promise<JudgedRollout[]> {
    const {
      policy,
      images,
      signal,
      breaker = this.#breaker,
      mostFailed = defaultMostFailed,
      begin: {
        problem: { question },
      },
    } = this.#options;
    if (this.next !== undefined) throw this.mismatch();
    signal?.throwIfAborted();
    const prefix = prefixOf(this.tree, node);
    const request = { question, images, prefix, ...(signal && { signal }), ...(meter && { onCost: meter.policy }) };
    const rollouts: Rollout[] = [];
    for (let again = 0; ; again++) {
      const missing = count - rollouts.length;
      const batch = await breaker.run(
        // What is asked for again gets a seed of its own, so that it is not the same request.
        () => policy.sample({ ...request, count: missing, seed: (seed + again * RESEED) % 2 ** 32 }),
        (batch) => (batch.every(isAway) ? batch[0]!.failure : undefined),
        signal,
      );
      const away = batch.filter(isAway);
      // A few that fail cost themselves; more of them are asked for again.
      const isEnough = away.length <= mostFailed * count || again >= MOST_AGAIN;
      rollouts.push(...(isEnough ? batch : batch.filter((one) => !isAway(one))));
      if (isEnough) return await this.#judged(prefix, rollouts, meter);
    }
  }

  /** Equal rollouts are judged once. */
  async #judged(prefix: readonly string[], rollouts: readonly Rollout[], meter: CostMeter | undefined): Promise<JudgedRollout[]> {
    const {
      judge,
      signal,
      begin: {
        problem: { question, answer },
      },
    } = this.#options;
    const verdicts = new Map<string, ReturnType<Judge['judge']>>();
    return await Promise.all(
      rollouts.map(async (rollout) => {
        if ('failure' in rollout) return { failure: rollout.failure };
        const key = JSON.stringify(rollout.steps);
        const known =
          verdicts.get(key) ??
          judge.judge({
            question,
            reference: answer,
            solution: [...prefix, ...rollout.steps],
            ...(signal && { signal }),
            ...(meter && { onCost: meter.judge }),
          });
        verdicts.set(key, known);
        return { ...rollout, ...(await known) };
      }),
    );
  }
}

/** An event without time and cost, which may differ from one run to the next. */
function bare<T extends RunEvent>({ at: _at, cost: _cost, ...event }: T): T {
  return event as unknown as T;
}

/** Any odd number: seeds of batches that are asked for again are far from those of others. */
const RESEED = 0x9e3779b1;
/** Times that the missing rollouts of a batch are asked for again while others of it succeed. */
const MOST_AGAIN = 5;

function isAway(rollout: Rollout): rollout is RolloutFailure {
  return 'failure' in rollout && rollout.isTemporary === true;
}

/** Samples a node and gives it the value that follows; right rollouts of a search become nodes whose value is assumed. */
export async function estimate(run: RunRecorder, node: number, count: number): Promise<readonly JudgedRollout[]> {
  const complete = await run.complete(node);
  if (complete !== undefined) {
    const correct = complete.verdict === 'right' ? 1 : 0;
    if (complete.verdict !== 'undecided') await run.emit({ event: 'value', node, correct, total: 1, value: correct });
    return [];
  }
  const rollouts = await run.sample(node, count);
  const { right, wrong, children } = run.tree.nodes[node]!;
  const correct = rolloutCount(right);
  const total = correct + rolloutCount(wrong);
  if (total > 0) await run.emit({ event: 'value', node, correct, total, value: correct / total });
  if (run.tree.begin.method !== 'mcts') return rollouts;
  // Right rollouts are made nodes in the order they came; of an earlier batch they are there already. MM-PRM makes a node
  // without steps of a rollout that adds none; a path may not end in nothing here.
  const made = children.filter((child) => run.tree.nodes[child]!.isRightRollout).length;
  for (const { rollout } of right.filter(({ rollout: { steps } }) => steps.length > 0).slice(made))
    await run.addNode(node, rollout.steps, true);
  return rollouts;
}
