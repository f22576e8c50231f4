import { local, t } from '../l10n.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { replayAll } from '../labeling/searchTree.js';
import type { PolicyTry } from '../labeling/tryPolicy.js';
import { matchLog } from '../language/replay.js';
import type { ScoredDocument } from '../language/scoredDocument.js';
import type { LabelOutcome, MoreRolloutsResult, PolicyTryResult } from '../protocol/labeling.js';
import type { Problem } from '../reasoning/problem.js';
import { onThisMachine, watchExchanges } from '../remote/exchanges.js';
import type { LabelingWorld, LabelJob } from './labelerPort.js';
import { FirstReply, labelingFailure } from './labelingFailure.js';
import type { LabelingRun } from './labelingRun.js';
import { LabelingRuns } from './labelingRuns.js';
import { createLabelingViews, type LabelingViews } from './labelingViews.js';

/** Labeling for the editor: one run per file at a time, each with its growing tree. */
export interface LabelingService extends LabelingViews {
  /** A cancelled run also has an outcome, and its rollouts are kept. Rejects with a message that names the cause. */
  label(job: LabelJob, problem: number, signal: AbortSignal): Promise<LabelOutcome>;
  /** Samples more rollouts. Rejects when the document is not the tree of an event log, and like `label`. */
  more(
    document: ScoredDocument,
    problem: number,
    node: number,
    count: number,
    job: LabelJob,
    signal: AbortSignal,
  ): Promise<MoreRolloutsResult>;
  /** One rollout of the policy with everything that led to it; nothing is written. */
  tryPolicy(job: LabelJob, signal: AbortSignal): Promise<PolicyTryResult>;
  /** Stops the run whose labels go into this file (or all runs). */
  stop(file?: string): void;
  /** Stops the runs that send to a forbidden server. */
  stopSending(isForbidden: (origin: string) => boolean): void;
  /** Stops all runs; resolves when they have ended and closed their files. */
  dispose(): Promise<void>;
}

export function createLabelingService(world: LabelingWorld): LabelingService {
  const runs = new LabelingRuns(world);

  return {
    ...createLabelingViews(world, runs),

    async label(job, problem, signal) {
      const replies = new FirstReply();
      let own: LabelingRun | undefined;
      try {
        return await watchExchanges(replies.note, [], () =>
          world.labeler.label(job, (file, label) =>
            runs.start(file, job, problem, signal, async (run): Promise<LabelOutcome> => {
              own = run;
              try {
                const outcome = await label({
                  signal: run.abort.signal,
                  onEvent: (event, isRecorded) => run.note(event, isRecorded),
                  onWait: (why) => run.wait(why),
                });
                return { ...outcome, file, resumed: run.resumed };
              } catch (error) {
                if (!run.abort.signal.aborted) throw error;
                return { state: 'cancelled', file, resumed: run.resumed, ...countsOf(run.events) };
              }
            }),
          ),
        );
      } catch (error) {
        const file = own?.file ?? (await world.labeler.fileOf(job).catch(() => undefined));
        // A second request for a run in progress is refused; that run has not failed.
        if (file === undefined || signal.aborted || runs.of(file)) throw error;
        const failure = labelingFailure(error, replies.exchange, own?.events ?? [], { uri: job.uri, problem });
        runs.fail(file, job, problem, failure, own);
        throw error;
      }
    },

    async more(document, problem, node, count, job, signal) {
      if (!Number.isInteger(count) || count < 1) throw new Error(t('The number of rollouts is a whole number from 1.'));
      const { uri: file } = document;
      const before = await world.labeler.events(file);
      const shown = document.reasoning.problems[problem];
      const logged = before && shown && loggedNode(before, shown, node);
      if (before === undefined || logged === undefined) {
        throw new Error(
          t('More rollouts need the event log of the run that made this tree, beside it and unchanged. Label the problem again instead.'),
        );
      }
      return runs.start(file, job, problem, signal, async (run): Promise<MoreRolloutsResult> => {
        const events = await world.labeler.more(file, logged, count, job, {
          signal: run.abort.signal,
          onEvent: (event, isRecorded) => run.note(event, isRecorded),
        });
        const added = events.slice(before.length).flatMap((event) => (event.event === 'rollouts' ? event.rollouts : []));
        const ofVerdict = (wanted: string): number => added.filter((one) => ('failure' in one ? 'failed' : one.verdict) === wanted).length;
        return { right: ofVerdict('right'), wrong: ofVerdict('wrong'), undecided: ofVerdict('undecided'), failed: ofVerdict('failed') };
      });
    },

    async tryPolicy(job, signal) {
      return tryResult(await world.labeler.tryOnce(job, signal), job.problem.answer);
    },

    stop: (file) => runs.stop((run) => file === undefined || run.file === file),
    stopSending: (isForbidden) => runs.stop((run) => run.servers.some(isForbidden)),
    dispose: () => runs.dispose(),
  };
}

/** Returns the id in the log of a node of the file; undefined when the log describes another tree. */
function loggedNode(events: readonly RunEvent[], problem: Problem, node: number): number | undefined {
  return matchLog(events, problem)?.order[node];
}

function countsOf(events: readonly RunEvent[]): Pick<LabelOutcome, 'rollouts' | 'failures' | 'undecided'> {
  const { rollouts = 0, failures = 0, undecided = 0 } = replayAll(events) ?? {};
  return { rollouts, failures, undecided };
}

function tryResult({ policy, requests, rollout, failure }: PolicyTry, reference: string): PolicyTryResult {
  const why = failure ?? (rollout && 'failure' in rollout ? rollout.failure : undefined);
  const {
    steps = [],
    finish,
    reasoning,
    answer,
    verdict,
    method,
    reason,
    judgeFailure,
  } = rollout && !('failure' in rollout) ? rollout : {};
  const because = judgeFailure ?? reason;
  return {
    ...(policy !== undefined && { policy }),
    requests: requests.map(({ to, url, request, status, reply, failure: none, ms }) => ({
      to,
      ...(url !== onThisMachine && { url }),
      ...(request !== undefined && { request: bodyText(request) }),
      ...(status !== undefined && { status }),
      ...(reply !== undefined && { reply: bodyText(reply) }),
      ...(none !== undefined && { failure: local(none) }),
      ms,
    })),
    ...(why !== undefined && { failure: local(why) }),
    steps,
    ...(finish !== undefined && { finish }),
    ...(reasoning !== undefined && { reasoning }),
    ...(answer !== undefined && { answer }),
    reference,
    ...(verdict !== undefined && { verdict }),
    ...(method !== undefined && { method }),
    ...(because !== undefined && { reason: local(because) }),
  };
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body, null, 2);
}
