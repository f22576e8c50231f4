import { local, localMessage, t } from '../l10n.js';
import { whyUndecided } from '../labeling/openProblem.js';
import type { JudgedRollout, RunEvent } from '../labeling/runEvents.js';
import { replayAll } from '../labeling/searchTree.js';
import type { LabelingFailure, ProblemResult } from '../protocol/labeling.js';
import type { Exchange } from '../remote/exchanges.js';

/** Maximum length of a reply that is shown, in UTF-16 units. */
const longestReply = 4000;

/** Keeps the reply that explains a failed labeling: the first failed, else the first for rollouts, else the last. */
export class FirstReply {
  #failed: Exchange | undefined;
  #rollouts: Exchange | undefined;
  #last: Exchange | undefined;

  /** `about`: the rollouts that the request is for; empty for a request that probes the server. */
  readonly note = (exchange: Exchange, about: readonly number[]): void => {
    const isFailed = exchange.failure !== undefined || (exchange.status ?? 200) >= 400;
    if (isFailed) this.#failed ??= exchange;
    else if (about.length > 0) this.#rollouts ??= exchange;
    this.#last = exchange;
  };

  /** Undefined while nothing was sent. */
  get exchange(): Exchange | undefined {
    return this.#failed ?? this.#rollouts ?? this.#last;
  }
}

/** `events`: of the run, for the raw text of a model on this machine. */
export function labelingFailure(
  error: unknown,
  exchange: Exchange | undefined,
  events: readonly RunEvent[],
  source: LabelingFailure['source'],
): LabelingFailure {
  const { url, status, reply } = exchange ?? {};
  const raw = reply === undefined ? firstText(events) : typeof reply === 'string' ? reply : JSON.stringify(reply, null, 2);
  return {
    message: localMessage(error),
    ...(url !== undefined && { url }),
    ...(status !== undefined && { status }),
    ...(raw !== undefined && { reply: shortened(raw) }),
    source,
  };
}

/**
 * Explains why a log that is no longer written has no labels: it has no end event, and rollouts failed or could not be
 * decided. undefined for a finished log, and for one that was only interrupted.
 */
export function failureInLog(events: readonly RunEvent[], log: string): LabelingFailure | undefined {
  const tree = replayAll(events);
  if (tree === undefined || tree.isEnded || tree.rollouts === 0 || tree.nodes[0]?.value !== undefined) return undefined;
  const { failures, undecided, rollouts } = tree;
  if (failures + undecided === 0) return undefined;
  const failed = rolloutsOf(events).find((one) => 'failure' in one);
  const cause = failed && 'failure' in failed ? failed.failure : whyUndecided(tree.nodes[0]?.undecided ?? []);
  const counts = [
    ...(failures > 0 ? [t('{0} failed', failures)] : []),
    ...(undecided > 0 ? [t('{0} could not be decided', undecided)] : []),
  ];
  const [first = '', second] = counts;
  const why = cause === undefined ? '' : ` ${local(cause)}`;
  return labelingFailure(
    `${t('No labels: of {0} rollouts {1}.', rollouts, second === undefined ? first : t('{0} and {1}', first, second))}${why}`,
    undefined,
    events,
    { uri: log, problem: 0 },
  );
}

/** Outcome of a problem, shown in one line of its file. */
export function problemResult(
  problem: number,
  { file, isRunning, events }: { readonly file: string; readonly isRunning: boolean; readonly events: readonly RunEvent[] },
  failure: LabelingFailure | undefined,
): ProblemResult[] {
  const tree = replayAll(events);
  if (tree === undefined) return [];
  const state = tree.isEnded ? 'finished' : isRunning ? 'running' : 'open';
  const cause = state === 'open' ? (failure ?? failureInLog(events, file))?.message : undefined;
  return [
    {
      problem,
      file,
      state,
      // An open problem may have a value from a few rollouts, which is not a label.
      value: state === 'open' ? null : (tree.nodes[0]?.value ?? null),
      nodes: tree.nodes.length,
      rollouts: tree.rollouts,
      failures: tree.failures,
      cause: cause ?? null,
    },
  ];
}

/** A problem whose labeling failed before anything was written. */
export function neverBegan(problem: number, file: string, { message }: LabelingFailure): ProblemResult {
  return { problem, file, state: 'open', value: null, nodes: 0, rollouts: 0, failures: 0, cause: message };
}

function firstText(events: readonly RunEvent[]): string | undefined {
  const first = rolloutsOf(events).find((one) => !('failure' in one));
  return first === undefined || 'failure' in first ? undefined : first.steps.join('\n\n');
}

function rolloutsOf(events: readonly RunEvent[]): readonly JudgedRollout[] {
  return events.flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []));
}

function shortened(text: string): string {
  return text.length > longestReply
    ? t('{0}… ({1} characters in all)', text.slice(0, longestReply), text.length.toLocaleString('en'))
    : text;
}
