import type { ProblemImage } from '../models/images/imageFile.js';
import { along } from '../reasoning/paths.js';
import { createRandom } from '../reasoning/random.js';
import { rolloutCount } from '../reasoning/treeStatistics.js';
import { Breaker } from './breaker.js';
import { CostMeter } from './economy/batchCost.js';
import { decidedOf, type KnownVerdict } from './economy/reuse.js';
import { type Decided, doublingBatches, type StoppingRule } from './economy/stopping.js';
import type { Judge, JudgeRequest, RolloutVerdict } from './judge.js';
import { RequestKeeper, RequestRoom } from './keptRequests.js';
import { LogMismatch } from './labelError.js';
import { defaultMostFailed, whyOpen } from './openProblem.js';
import type { Completion, Policy, PolicyInfo, RolloutFailure, SampledRollout } from './policy.js';
import type { BeginEvent, CompleteEvent, EndReason, JudgedRollout, RunEvent } from './runEvents.js';
import { applyEvent, beginTree, nodeOf, prefixOf, type SearchTree } from './searchTree.js';

/** A line of an existing log. */
export interface RecordedEvent {
  readonly event: RunEvent;
  readonly line: string;
}

export interface RecorderOptions {
  readonly begin: BeginEvent;
  /** Written with the first event. */
  readonly continuation?: PolicyInfo['continuation'];
  /** Events that an earlier run has recorded; empty for a new run. */
  readonly recorded: readonly RecordedEvent[];
  /** Name of the log for messages. */
  readonly logFile: string;
  /** Appends a line, given without its line break. */
  append(line: string): Promise<void>;
  readonly policy: Policy;
  readonly judge: Judge;
  /** The problem's images. */
  readonly images: readonly ProblemImage[];
  /** Waits while the policy is unavailable. Default: a breaker for this problem alone. */
  readonly breaker?: Breaker;
  /** Keep a problem without usable labels open. */
  readonly keepsOpen?: boolean;
  /**
   * If a larger share of a batch fails for temporary reasons, the run waits and requests these rollouts again, in [0,
   * 1] (default: 0.5).
   */
  readonly mostFailed?: number;
  /** ms since 1970, for the time of every event and the cost of batches. Without it, they have neither. */
  readonly now?: () => number;
  /** Record each batch with its requests and their replies. */
  readonly keepsRequests?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: RunListener;
}

/** `isRecorded`: the event is from an earlier run. */
export type RunListener = (event: RunEvent, isRecorded: boolean) => void;

/**
 * Runs the actions of the methods: records every event, then applies it to the tree. Events of an earlier run are
 * replayed first, with their rollouts and no new ones, so that the log continues as if it had never been interrupted.
 */
export class RunRecorder {
  readonly tree: SearchTree;
  readonly #options: RecorderOptions;
  readonly #breaker = new Breaker();
  readonly #room = new RequestRoom();
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

  /** How the policy continues from a step, where it or the log says so. */
  get continuation(): PolicyInfo['continuation'] {
    return this.#options.continuation ?? this.#options.recorded[0]?.event.continuation;
  }

  /** The error for a log whose next event differs from what happens here. */
  mismatch(): LogMismatch {
    return new LogMismatch(this.#options.logFile, this.#count + 1);
  }

  /** Ends the problem. Rejects with ProblemOpen instead if it has no usable labels. */
  async end(reason: EndReason): Promise<void> {
    const { rollouts, failures, undecided } = this.tree;
    const { keepsOpen, mostFailed = defaultMostFailed } = this.#options;
    const open = keepsOpen === true && this.next === undefined ? whyOpen(this.tree, mostFailed, this.#firstFailure) : undefined;
    if (open !== undefined) throw open;
    await this.emit({ event: 'end', reason, rollouts, failures, undecided });
  }

  async emit(event: Exclude<RunEvent, BeginEvent>, evidence: Evidence = {}): Promise<void> {
    const { isRecorded, stamped } = await this.#record(event, evidence);
    applyEvent(this.tree, event);
    this.#options.onEvent?.(stamped, isRecorded);
  }

  /** Adds a node below `parent` and returns its number. */
  async addNode(parent: number, steps: readonly string[], assumed = false): Promise<number> {
    const node = this.tree.nodes.length;
    await this.emit({ event: 'node', node, parent, steps, assumed });
    return node;
  }

  /** Samples and judges a batch of rollouts from a node. Rejects with AbortError or PolicyError. */
  async sample(node: number, count: number): Promise<readonly JudgedRollout[]> {
    const { begin } = this.#options;
    // Every batch has its own random stream, which does not depend on earlier or concurrent batches.
    const seed = Math.floor(createRandom(begin.seed, `${begin.problem.id} ${this.tree.batches}`)() * 2 ** 32);
    const recorded = this.next;
    const witness = this.#witness();
    const rollouts =
      recorded?.event === 'rollouts' && recorded.rollouts.length === count
        ? recorded.rollouts
        : await this.#live(node, count, seed, witness);
    this.#firstFailure ??= rollouts.flatMap((one) => ('failure' in one ? [one.failure] : []))[0];
    await this.emit({ event: 'rollouts', node, seed, rollouts }, evidenceOf(witness));
    return rollouts;
  }

  /**
   * Returns the verdict on the prefix up to a node if the policy considers it a complete solution, else undefined. The
   * verdict is recorded, so that a resumed run does not ask the judge again. Rejects with AbortError or PolicyError.
   */
  async complete(node: number): Promise<CompleteEvent | undefined> {
    const { policy, judge, signal, begin } = this.#options;
    const prefix = prefixOf(this.tree, node);
    if (node === 0 || policy.isComplete?.(prefix) !== true) return undefined;
    const recorded = this.next;
    let event: CompleteEvent;
    const witness = this.#witness();
    if (recorded?.event === 'complete') event = bare(recorded);
    else if (recorded !== undefined) throw this.mismatch();
    else {
      const { question, answer } = begin.problem;
      event = {
        event: 'complete',
        node,
        ...(await judged(judge, { question, reference: answer, solution: prefix, ...(signal && { signal }) }, [], witness)),
      };
    }
    await this.emit(event, evidenceOf(witness));
    return event;
  }

  /**
   * Returns the event as it is in the log, and whether it was recorded before. Time, cost and requests may differ from
   * the log.
   */
  async #record(event: RunEvent, { cost, requests }: Evidence = {}): Promise<{ readonly isRecorded: boolean; readonly stamped: RunEvent }> {
    const { recorded, onEvent, now, continuation } = this.#options;
    const known = recorded[this.#count];
    const how = event.event === 'begin' && continuation && { continuation };
    const stamped = known?.event ?? { ...event, ...(cost && { cost }), ...(requests && { requests }), ...(now && { at: now() }), ...how };
    if (known === undefined) await this.#options.append(JSON.stringify(stamped));
    else if (JSON.stringify(bare(known.event)) !== JSON.stringify(bare(event))) throw this.mismatch();
    this.#count++;
    if (event.event === 'begin') onEvent?.(stamped, known !== undefined);
    return { isRecorded: known !== undefined, stamped };
  }

  #witness(): Witness {
    const { now, keepsRequests } = this.#options;
    return { ...(now && { meter: new CostMeter(now) }), ...(keepsRequests === true && { keeper: new RequestKeeper(this.#room) }) };
  }

  async #live(node: number, count: number, seed: number, witness: Witness): Promise<JudgedRollout[]> {
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
    const { meter, keeper } = witness;
    const request = { question, images, prefix, ...(signal && { signal }), ...(meter && { onCost: meter.policy }) };
    // A few temporary failures are accepted; if there are more, these rollouts are requested again.
    const isEnough = (batch: readonly SampledRollout[], again: number): boolean =>
      batch.filter(isAway).length <= mostFailed * count || again >= MOST_AGAIN;
    const rollouts: SampledRollout[] = [];
    for (let again = 0; ; again++) {
      const [missing, first] = [count - rollouts.length, rollouts.length];
      // A repeated request gets its own seed, so that it is not the same request.
      const sample = (): Promise<readonly SampledRollout[]> =>
        policy.sample({ ...request, count: missing, seed: (seed + again * RESEED) % 2 ** 32 });
      const batch = await breaker.run(
        () => (keeper ? keeper.sample(missing, sample, (batch) => placesOf(batch, first, isEnough(batch, again))) : sample()),
        (batch) => (batch.every(isAway) ? batch[0]?.failure : undefined),
        signal,
      );
      const isLast = isEnough(batch, again);
      rollouts.push(...(isLast ? batch : batch.filter((one) => !isAway(one))));
      if (isLast) return await this.#judged(prefix, rollouts, witness);
    }
  }

  /** Equal rollouts are judged once. */
  async #judged(prefix: readonly string[], rollouts: readonly SampledRollout[], witness: Witness): Promise<JudgedRollout[]> {
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
        const keyOf = ({ steps, finish }: Completion): string => JSON.stringify([steps, finish]);
        const key = keyOf(rollout);
        const equal = rollouts.flatMap((other, i) => (!('failure' in other) && keyOf(other) === key ? [i] : []));
        const known =
          verdicts.get(key) ??
          judged(
            judge,
            {
              question,
              reference: answer,
              solution: [...prefix, ...rollout.steps],
              ...(rollout.finish === 'length' && { isCut: true }),
              ...(signal && { signal }),
            },
            equal,
            witness,
          );
        verdicts.set(key, known);
        return { ...rollout, ...(await known) };
      }),
    );
  }
}

/** Additional data of an event in the log. */
type Evidence = Pick<RunEvent, 'cost' | 'requests'>;

/** Measures and keeps the requests of one batch. */
interface Witness {
  readonly meter?: CostMeter;
  readonly keeper?: RequestKeeper;
}

function evidenceOf({ meter, keeper }: Witness): Evidence {
  const [cost, requests] = [meter?.cost, keeper?.kept];
  return { ...(cost && { cost }), ...(requests && { requests }) };
}

/** `places`: positions in the batch of the rollouts that the verdict is about. */
function judged(judge: Judge, request: JudgeRequest, places: readonly number[], { meter, keeper }: Witness): Promise<RolloutVerdict> {
  const ask = (): Promise<RolloutVerdict> => judge.judge({ ...request, ...(meter && { onCost: meter.judge }) });
  return keeper ? keeper.judge(places, ask) : ask();
}

/**
 * Maps a place in one request's batch to the place in the whole batch, where it begins at `first`; undefined for a
 * rollout that is requested again.
 */
function placesOf(batch: readonly SampledRollout[], first: number, isLast: boolean): (at: number) => number | undefined {
  if (batch.every(isAway)) return () => undefined;
  const kept = [...batch.entries()].flatMap(([at, one]) => (isLast || !isAway(one) ? [at] : []));
  return (at) => (kept.includes(at) ? first + kept.indexOf(at) : undefined);
}

/** Removes time, cost and requests from an event, which may differ from one run to the next. */
function bare<T extends RunEvent>({ at: _at, cost: _cost, requests: _requests, continuation: _continuation, ...event }: T): T {
  return event as unknown as T;
}

/** Any odd number. It keeps the seeds of repeated requests far from those of other batches. */
const RESEED = 0x9e3779b1;
/** Maximum times that the missing rollouts of a batch are requested again while others of it succeed. */
const MOST_AGAIN = 5;

function isAway(rollout: SampledRollout): rollout is RolloutFailure {
  return 'failure' in rollout && rollout.isTemporary === true;
}

export interface EstimateOptions {
  /** May end the sampling of the node early. */
  readonly rule?: StoppingRule;
  /** Verdicts of reused rollouts, which count as the node's first ones. */
  readonly known?: readonly KnownVerdict[];
}

/**
 * Samples a node, in batches if a rule may end it early, and sets its value. In a search, right rollouts become nodes
 * with an assumed value. Resolves with the sampled rollouts.
 */
export async function estimate(
  run: RunRecorder,
  node: number,
  count: number,
  { rule, known = [] }: EstimateOptions = {},
): Promise<readonly JudgedRollout[]> {
  const complete = await run.complete(node);
  if (complete !== undefined) {
    const correct = complete.verdict === 'right' ? 1 : 0;
    if (complete.verdict !== 'undecided') await run.emit({ event: 'value', node, correct, total: 1, value: correct });
    return [];
  }
  const before = reusedBefore(run.tree, node);
  const reused = decidedOf(known);
  const counts = (): Decided => {
    const own = decided(run.tree, node);
    return { correct: before.correct + reused.correct + own.correct, total: before.total + reused.total + own.total };
  };
  const rollouts: JudgedRollout[] = [];
  let taken = 0;
  for (const size of rule === undefined ? [count] : doublingBatches(count)) {
    taken += size;
    const missing = taken - known.length - rollouts.length;
    if (missing > 0) rollouts.push(...(await run.sample(node, missing)));
    if (rule?.goesOn(counts(), count - known.length - rollouts.length) === false) break;
  }
  const { right, children } = nodeOf(run.tree, node);
  const { correct, total } = counts();
  if (total > 0)
    await run.emit({ event: 'value', node, correct, total, value: correct / total, ...(known.length > 0 && { reused: known.length }) });
  if (run.tree.begin.method !== 'mcts') return rollouts;
  // Right rollouts become nodes in sampling order; those of earlier batches are nodes already. MM-PRM also makes a node
  // without steps from a rollout that adds none. Here, a path must not end in an empty node.
  const made = along(run.tree.nodes, children).filter(({ isRightRollout }) => isRightRollout).length;
  for (const { rollout } of right.filter(({ rollout: { steps } }) => steps.length > 0).slice(made))
    await run.addNode(node, rollout.steps, true);
  return rollouts;
}

/** Returns what continuations of earlier steps contributed to a node's value. Further rollouts are added to it. */
function reusedBefore(tree: SearchTree, node: number): Decided {
  if (tree.begin.method === 'mcts') return { correct: 0, total: 0 };
  const { correct, total } = nodeOf(tree, node);
  const own = decided(tree, node);
  return { correct: Math.max(0, correct - own.correct), total: Math.max(0, total - own.total) };
}

function decided(tree: SearchTree, node: number): Decided {
  const { right, wrong } = nodeOf(tree, node);
  const correct = rolloutCount(right);
  return { correct, total: correct + rolloutCount(wrong) };
}
