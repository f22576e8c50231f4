import { english } from '../../l10n.js';
import { holderOf } from '../claim.js';
import { readEventLog } from '../eventLog.js';
import { LabelError } from '../labelError.js';
import type { JudgedRollout, RunEvent } from '../runEvents.js';
import { filesIn, problemFiles } from '../runFiles.js';
import { listedProblems } from '../runJson.js';
import { applyEvent, beginTree, prefixOf, type SearchTree } from '../searchTree.js';
import { addExpense, busyTime, type Expense, newExpense, problemExpense, type TimedBatch, totalExpense } from './ledger.js';

/** `open`: unfinished, and no process is labeling it now. `not begun`: listed in run.json, but without a log. */
export type ProblemState = 'running' | 'open' | 'finished' | 'not begun';

/** Rollouts, and those that add no information: failed, undecided, or the same text from the same node as before. */
export interface Waste {
  rollouts: number;
  failed: number;
  undecided: number;
  repeated: number;
  /** In batches whose rollouts all have one verdict: fewer of them would have shown the same. */
  unanimous: number;
}

export interface ReportedProblem {
  readonly id: string;
  readonly log: string;
  /** The file with its labels, written when the problem is finished. */
  readonly file: string;
  readonly state: ProblemState;
  readonly searches: number;
  readonly waste: Waste;
}

/** A verdict that a person should check, because the rules did not decide. */
export interface Decision {
  readonly problem: string;
  readonly log: string;
  /** Line of the event, counted from 0. */
  readonly line: number;
  readonly answer: string | undefined;
  readonly reference: string;
  readonly verdict: 'right' | 'wrong' | 'undecided';
  readonly method: string;
  readonly reason: string | undefined;
  /** How many rollouts of the problem have this answer and verdict. */
  readonly count: number;
}

export interface RunReport {
  readonly problems: readonly ReportedProblem[];
  /** Causes of failed rollouts, the most frequent first. */
  readonly failures: readonly { readonly cause: string; readonly count: number }[];
  readonly decisions: readonly Decision[];
  /** By the number of steps before the rollouts. */
  readonly depths: readonly (Waste & { readonly depth: number })[];
  readonly total: Expense;
  /** Seconds during which at least one batch was running. */
  readonly seconds: number;
  /** Rollouts per second: in the last minute of a running problem, else over `seconds`; undefined without times. */
  readonly rate: number | undefined;
  /** Seconds until all problems are finished, if the others take as many rollouts as the finished ones on average. */
  readonly secondsLeft: number | undefined;
}

/** ms over which the rate of a running run is measured. */
const RECENT_MS = 60_000;

/**
 * Reads the current state of a run, running or finished. A run of an earlier version shows only the problems that were
 * begun. `now`: ms since 1970. Rejects with LabelError when there is no log, and with FolderError.
 */
export async function runReport(folder: string, now: number): Promise<RunReport> {
  const gathered = new Gathered();
  const { logs, claims } = await filesIn(folder);
  for (const log of logs) {
    const events = (await readEventLog(log)).recorded.map(({ event }) => event);
    const [begin] = events;
    if (begin?.event !== 'begin') continue;
    const { claim, result } = problemFiles(folder, begin.problem.id, begin.method);
    const isFinished = events.some(({ event }) => event === 'end');
    const state = isFinished ? 'finished' : (await holderOf(claim, result)) === undefined ? 'open' : 'running';
    gathered.add(log, result, state, events);
  }
  const listed = await listedProblems(folder);
  const begun = new Set(gathered.problems.map(({ id }) => id));
  for (const id of listed?.ids ?? []) {
    if (listed === undefined || begun.has(id)) continue;
    const { log, result, claim } = problemFiles(folder, id, listed.method);
    const isHeld = claims.includes(claim) && (await holderOf(claim, result)) !== undefined;
    gathered.problems.push({ id, log, file: result, state: isHeld ? 'running' : 'not begun', searches: 0, waste: newWaste() });
  }
  if (gathered.problems.length === 0) throw new LabelError(english('{0} has no event logs of a run.', folder));
  return gathered.report(now);
}

/** Adds up the logs of a run. */
class Gathered {
  readonly problems: ReportedProblem[] = [];
  readonly #total = newExpense();
  readonly #batches: TimedBatch[] = [];
  readonly #failures = new Map<string, number>();
  readonly #decisions = new Map<string, Decision>();
  readonly #depths = new Map<number, Waste>();

  add(log: string, file: string, state: ProblemState, events: readonly RunEvent[]): void {
    const [begin] = events;
    if (begin?.event !== 'begin') return;
    const tree = beginTree(begin);
    const waste = newWaste();
    for (const [line, event] of events.entries()) {
      if (event.event === 'rollouts') {
        const own = wasteOf(tree, event.node, event.rollouts);
        const depth = prefixOf(tree, event.node).length;
        addWaste(waste, own);
        this.#depths.set(depth, addWaste(this.#depths.get(depth) ?? newWaste(), own));
        for (const rollout of event.rollouts) this.#look(rollout, log, line, tree);
      }
      if (line > 0) applyEvent(tree, event);
    }
    this.problems.push({ id: begin.problem.id, log, file, state, searches: tree.visits, waste });
    const expense = problemExpense(events);
    if (expense === undefined) return;
    addExpense(this.#total, totalExpense(expense));
    for (const batch of expense.batches) this.#batches.push(batch);
  }

  report(now: number): RunReport {
    const { problems } = this;
    const busy = busyTime(this.#batches) / 1000;
    const rate = this.#rate(now, busy);
    return {
      problems,
      failures: [...this.#failures].map(([cause, count]) => ({ cause, count })).sort((a, b) => b.count - a.count),
      decisions: [...this.#decisions.values()].sort(
        (a, b) => Number(b.verdict === 'undecided') - Number(a.verdict === 'undecided') || b.count - a.count,
      ),
      depths: [...this.#depths].sort(([a], [b]) => a - b).map(([depth, waste]) => ({ depth, ...waste })),
      total: this.#total,
      seconds: busy,
      rate,
      secondsLeft: rate === undefined ? undefined : secondsLeft(problems, rate),
    };
  }

  #rate(now: number, busy: number): number | undefined {
    const recent = this.#batches.filter(({ to }) => to > now - RECENT_MS);
    const [batches, seconds] =
      this.problems.some(({ state }) => state === 'running') && recent.length > 0
        ? [
            recent,
            (now -
              Math.max(
                now - RECENT_MS,
                recent.reduce((first, { from }) => Math.min(first, from), Number.POSITIVE_INFINITY),
              )) /
              1000,
          ]
        : [this.#batches, busy];
    const rollouts = batches.reduce((sum, one) => sum + one.rollouts, 0);
    return seconds > 0 ? rollouts / seconds : undefined;
  }

  #look(rollout: JudgedRollout, log: string, line: number, { problem }: SearchTree): void {
    if ('failure' in rollout) {
      this.#failures.set(rollout.failure, (this.#failures.get(rollout.failure) ?? 0) + 1);
      return;
    }
    const { answer, verdict, method, judgeFailure } = rollout;
    if (verdict !== 'undecided' && method !== 'llm' && method !== 'failed') return;
    const key = JSON.stringify([problem.id, answer, verdict, method]);
    const known = this.#decisions.get(key);
    const decision = { problem: problem.id, log, line, answer, reference: problem.answer, verdict, method, reason: judgeFailure };
    this.#decisions.set(key, known ? { ...known, count: known.count + 1 } : { ...decision, count: 1 });
  }
}

function newWaste(): Waste {
  return { rollouts: 0, failed: 0, undecided: 0, repeated: 0, unanimous: 0 };
}

function addWaste(sum: Waste, more: Waste): Waste {
  for (const key of Object.keys(more) as (keyof Waste)[]) sum[key] += more[key];
  return sum;
}

/** `tree`: its state before the batch. */
function wasteOf(tree: SearchTree, node: number, rollouts: readonly JudgedRollout[]): Waste {
  const { right = [], wrong = [], undecided = [] } = tree.nodes[node] ?? {};
  const seen = new Set([...right, ...wrong, ...undecided].map(({ rollout }) => JSON.stringify(rollout.steps)));
  const waste = { ...newWaste(), rollouts: rollouts.length };
  const verdicts = new Set<string>();
  for (const rollout of rollouts) {
    if ('failure' in rollout) waste.failed++;
    else {
      if (rollout.verdict === 'undecided') waste.undecided++;
      else verdicts.add(rollout.verdict);
      const text = JSON.stringify(rollout.steps);
      if (seen.has(text)) waste.repeated++;
      seen.add(text);
    }
  }
  const decided = rollouts.length - waste.failed - waste.undecided;
  return { ...waste, unanimous: verdicts.size === 1 && decided > 1 ? decided : 0 };
}

function secondsLeft(problems: readonly ReportedProblem[], rate: number): number | undefined {
  const finished = problems.filter(({ state }) => state === 'finished');
  const others = problems.filter(({ state }) => state !== 'finished');
  if (others.length === 0) return 0;
  if (finished.length === 0 || rate <= 0) return undefined;
  const usual = finished.reduce((sum, { waste }) => sum + waste.rollouts, 0) / finished.length;
  return others.reduce((sum, { waste }) => sum + Math.max(0, usual - waste.rollouts), 0) / rate;
}
