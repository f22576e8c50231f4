import type { Prices } from '../labeling/economy/ledger.js';
import type { RunEvent } from '../labeling/runEvents.js';
import { replayAll } from '../labeling/searchTree.js';
import { treeText } from '../labeling/treeFile.js';
import { isEventLog, logLines, logRange } from '../language/logView.js';
import { nodePlace, nodeRollouts, problemView } from '../language/problemView.js';
import { replayOf } from '../language/replay.js';
import { withDetails } from '../language/rolloutDetails.js';
import { type ScoredDocument, scoredProblem } from '../language/scoredDocument.js';
import type { LabelingParams, ProblemResult, ShownTree } from '../protocol/labeling.js';
import type { NodePlaceResult, RolloutView } from '../protocol/problemView.js';
import { LineIndex } from '../reasoning/span.js';
import type { Labeler, LabelingWorld, ResultJob } from './labelerPort.js';
import { failureInLog, neverBegan, problemResult } from './labelingFailure.js';
import type { LabelingRuns } from './labelingRuns.js';
import type { Reader } from './openDocument.js';

/** The editor's views of runs: growing trees, nodes, and the outcomes of a file's problems. */
export interface LabelingViews {
  /** The tree panel's view of a file: the growing tree during labeling, else the document's, else that of its log. */
  treeView(
    uri: string,
    problem: number,
    document: ScoredDocument | undefined,
    threshold: number,
    images: (paths: readonly string[]) => Promise<readonly string[]>,
    prices?: Prices,
  ): Promise<ShownTree>;
  /** A node's rollouts with their texts and what the log records of each. */
  nodeRollouts(
    uri: string,
    problem: number,
    node: number,
    document: ScoredDocument | undefined,
    threshold: number,
  ): Promise<readonly RolloutView[]>;
  /** Where a node is in the file or the log, and its texts; null where there is no such node. */
  nodePlace(
    uri: string,
    problem: number,
    wanted: { readonly node: number; readonly step?: number | undefined; readonly rollout?: number | undefined },
    document: ScoredDocument | undefined,
    threshold: number,
  ): Promise<NodePlaceResult | null>;
  /** The node that a line of a log created; null if it created none. */
  nodeOfLine(uri: string, problem: number, line: number): Promise<number | null>;
  /** The labeling outcomes of a document's problems. */
  results(jobs: readonly ResultJob[]): Promise<readonly ProblemResult[]>;
  /** The document that the tree panel shows for a file, chosen as in `treeView`. */
  shownDocument(uri: string, document: ScoredDocument | undefined, threshold: number): Promise<ScoredDocument | undefined>;
}

export function createLabelingViews(world: LabelingWorld, runs: LabelingRuns): LabelingViews {
  const shownDocument: LabelingViews['shownDocument'] = async (uri, document, threshold) =>
    document && !runs.of(uri) && !isEventLog(uri) ? document : grown(uri, (await runs.eventsOf(uri)) ?? [], threshold, world.read);

  return {
    shownDocument,

    async results(jobs) {
      const [first] = jobs;
      const unbegun = jobs.flatMap(({ uri, index }) => {
        const found = runs.failureOfProblem(uri, index);
        return found ? [neverBegan(index, found.file, found.failure)] : [];
      });
      // Without runs the problems are not looked up one by one: the user may be typing in a long file of candidates.
      if (!first || !(await world.labeler.hasRuns(first))) return unbegun;
      const found = await Promise.all(
        jobs.map(async (job) => {
          const run = await world.labeler.newest(job);
          return run
            ? problemResult(job.index, { ...run, isRunning: runs.of(run.file) !== undefined || run.isWritten }, runs.failureOf(run.file))
            : [];
        }),
      );
      const results = found.flat();
      return [...results, ...unbegun.filter(({ problem }) => results.every((one) => one.problem !== problem))];
    },

    async nodeRollouts(uri, problem, node, document, threshold) {
      const shown = await shownDocument(uri, document, threshold);
      const own = shown?.reasoning.problems[problem];
      if (!shown || !own) return [];
      const events = await runs.eventsOf(uri);
      return withDetails(nodeRollouts(shown, problem, node), events, own, node);
    },

    async nodePlace(uri, problem, { node, step, rollout }, document, threshold) {
      const shown = await shownDocument(uri, document, threshold);
      const place = shown ? nodePlace(shown, problem, node, { step, rollout }) : null;
      const own = shown?.reasoning.problems[problem];
      const events = place && own && isEventLog(uri) ? await runs.eventsOf(uri) : undefined;
      const line = events && own && logLines(events, own)?.[node];
      return place && events && line !== undefined ? { ...place, range: logRange(events, line) } : place;
    },

    async nodeOfLine(uri, problem, line) {
      const events = (await runs.eventsOf(uri)) ?? [];
      // Which line made a node does not depend on the threshold.
      const own = grown(uri, events, 0.5, world.read)?.reasoning.problems[problem];
      const node = (own && logLines(events, own)?.indexOf(line)) ?? -1;
      return node < 0 ? null : node;
    },

    async treeView(uri, problem, document, threshold, images, prices) {
      const run = runs.of(uri);
      const events = await runs.eventsOf(uri);
      const isLog = isEventLog(uri);
      // A log is shown as it is on disk: the editor's text may be older while a run continues.
      const shown = run || !document || (isLog && events) ? grown(uri, events ?? [], threshold, world.read) : document;
      const own = shown?.reasoning.problems[problem];
      const labeling = run ? run.params('running') : await elsewhere(uri, world.labeler, events);
      const failure = run || labeling ? null : (runs.failureOf(uri) ?? (events && failureInLog(events, logUri(uri))) ?? null);
      if (!shown || !own) return { view: null, images: [], replay: null, labeling, failure };
      const found = await images(own.images);
      return {
        view: JSON.stringify(problemView(shown, problem, found)),
        images: found,
        replay: events === undefined ? null : replayOf(events, own, prices),
        labeling,
        failure,
      };
    },
  };
}

/** Returns the progress of a run in another process; null if no process writes this file. */
async function elsewhere(uri: string, labeler: Labeler, events: readonly RunEvent[] | undefined): Promise<LabelingParams | null> {
  const tree = events && replayAll(events);
  if (!tree || tree.isEnded || !(await labeler.isBeingWritten(uri))) return null;
  const { budget } = tree.begin.settings;
  return {
    uri,
    problem: 0,
    file: uri,
    state: 'running',
    rollouts: tree.rollouts,
    ...(typeof budget === 'number' && { budget }),
    searches: tree.visits,
    resumed: 0,
    servers: [],
    isElsewhere: true,
  };
}

/** Reads a log's tree as the file it will become, so that the panel draws exactly what will be written. */
function grown(uri: string, events: readonly RunEvent[], threshold: number, read: Reader): ScoredDocument | undefined {
  const tree = replayAll(events);
  if (tree === undefined) return undefined;
  const text = treeText(tree);
  const reasoning = read(text, { uri, languageId: 'json' });
  if (!reasoning) return undefined;
  const problems = reasoning.problems.map((problem) => scoredProblem(problem, undefined, threshold));
  return { uri, version: events.length, lines: new LineIndex(text), reasoning, problems, threshold };
}

/** The log beside a file, as a URI. */
function logUri(uri: string): string {
  return isEventLog(uri) ? uri : `${uri.replace(/\.jsonl?$/i, '')}.events.jsonl`;
}
