import { setMaxListeners } from 'node:events';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { refuseLinkOut } from '../disk/openOwn.js';
import { imagePlace, problemImages } from '../files/images.js';
import { readInput } from '../files/inputFiles.js';
import { readEventLog } from '../labeling/eventLog.js';
import type { Judge } from '../labeling/judge.js';
import type { LabelWorld } from '../labeling/labelProblem.js';
import type { Policy } from '../labeling/policy.js';
import { labelProblems } from '../labeling/problemFile.js';
import type { ProblemToLabel } from '../labeling/runEvents.js';
import { problemFiles } from '../labeling/runFiles.js';
import { makeFolder } from '../labeling/runLock.js';
import { defaultLabelSettings, type LabelSettings } from '../labeling/runSettings.js';
import { settingRanges } from '../labeling/settingRanges.js';
import { seedRange } from '../reasoning/numberRange.js';
import type { BreakpointSpec } from './breakpoints.js';
import { type DebugTarget, type DebugWorld, logToAttach, numberField, textField } from './debugWorld.js';
import type { EventFeed } from './eventFeed.js';
import { type ForkChange, forkSearch } from './fork.js';
import { liveSearch } from './liveSearch.js';
import { logFeed } from './logFeed.js';
import { stepPrefix } from './moment.js';

/** An LLM that judges what the rules cannot decide: base URL of its server, and its name there. */
export interface JudgeName {
  readonly url: string;
  readonly model: string;
}

export interface TargetHost {
  /** Opens a policy by its name (`mini`, a folder, a URL). Rejects with PolicyError. */
  openPolicy(name: string): Promise<Policy>;
  /** Opens the LLM judge of a configuration, else that of the settings; if there is neither, only the rules judge. */
  openJudge(choice: JudgeName | undefined): Promise<Judge>;
  /** Whether logs of debugged searches and forks keep the requests with their replies. */
  readonly keepsRequests: () => boolean;
}

/** Debug targets over real problems, logs and policies. */
export function createDebugWorld(host: TargetHost): DebugWorld {
  return {
    async launch(configuration) {
      const program = resolve(textField(configuration, 'program') ?? '');
      const name = textField(configuration, 'policy', true) ?? 'mini';
      const problem = await problemIn(program, textField(configuration, 'problem', true));
      const out =
        textField(configuration, 'out', true) ?? join(dirname(program), 'steplens-runs', `debug-${basename(program, extname(program))}`);
      const settings = settingsIn(configuration);
      const [policy, judge] = [await host.openPolicy(name), await host.openJudge(judgeIn(configuration))];
      await refuseLinkOut(out, dirname(program));
      await makeFolder(out);
      const log = problemFiles(out, problem.id, settings.method).log;
      const images = imagesOf(program);
      const feed = liveSearch(
        problem,
        settings,
        { policy, judge, folder: out, images, now: Date.now, keepsRequests: host.keepsRequests() },
        log,
      );
      const { keepsRequests } = host;
      const fork = { policy: () => Promise.resolve(policy), judge: () => Promise.resolve(judge), images, keepsRequests };
      return target(feed, fork, () => policy.dispose());
    },

    async attach(configuration) {
      const log = await logToAttach(resolve(textField(configuration, 'run') ?? ''), textField(configuration, 'problem', true));
      const name = textField(configuration, 'policy', true);
      let policy: Policy | undefined;
      const open = async (): Promise<Policy | undefined> => (policy ??= name === undefined ? undefined : await host.openPolicy(name));
      const { keepsRequests } = host;
      const fork = { policy: open, judge: () => host.openJudge(judgeIn(configuration)), images: imagesOf(log), keepsRequests };
      return target(logFeed(log), fork, async () => policy?.dispose());
    },
  };
}

interface ForkHost {
  policy(): Promise<Policy | undefined>;
  judge(): Promise<Judge>;
  readonly images: LabelWorld['images'];
  readonly keepsRequests: () => boolean;
}

/** Returns a function that opens the images named in a file of problems or in a log. */
function imagesOf(file: string): LabelWorld['images'] {
  return (names) => problemImages(imagePlace(pathToFileURL(file).href, []), names);
}

function target(feed: EventFeed, host: ForkHost, close: () => Promise<void>): DebugTarget {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal);
  return {
    feed,
    placeOf: (path, line) => placeOf(feed.logFile, path, line),
    async fork(change: ForkChange) {
      const events = (await readEventLog(feed.logFile)).recorded.map(({ event }) => event);
      const [begin] = events;
      const images = begin?.event === 'begin' ? begin.problem.images : [];
      return forkSearch(events, feed.logFile, change, {
        policy: await host.policy(),
        judge: await host.judge(),
        images: host.images(images),
        keepsRequests: host.keepsRequests(),
        signal: stop.signal,
      });
    },
    async dispose() {
      stop.abort();
      await feed.dispose();
      await close();
    },
  };
}

/** Returns the problem with an id, or the first one. Throws an Error that lists the problems. */
async function problemIn(file: string, id: string | undefined): Promise<ProblemToLabel> {
  const { reasoning } = await readInput(file);
  const { problems, faults } = labelProblems(reasoning.problems);
  const found = id === undefined ? problems[0] : problems.find((one) => one.id === id);
  if (found) return found;
  if (problems.length === 0) throw new Error(`${file} has no problem that can be labeled${faults[0] ? `: ${faults[0].message}` : '.'}`);
  throw new Error(
    `${file} has no problem "${id}"; it has ${problems
      .slice(0, 10)
      .map((one) => one.id)
      .join(', ')}${problems.length > 10 ? ', …' : ''}.`,
  );
}

function judgeIn(configuration: object): JudgeName | undefined {
  const url = textField(configuration, 'judge', true);
  return url === undefined ? undefined : { url, model: textField(configuration, 'judgeModel') ?? '' };
}

function settingsIn(configuration: object): LabelSettings {
  const method = textField(configuration, 'method', true) ?? 'mcts';
  const seed = numberField(configuration, 'seed', seedRange) ?? 1;
  const rollouts = numberField(configuration, 'rollouts', settingRanges.mcts.rollouts);
  if (method === 'monte-carlo')
    return { ...defaultLabelSettings['monte-carlo'], ...(rollouts !== undefined && { continuations: rollouts }), seed };
  if (method !== 'mcts') throw new Error(`"method" of the launch configuration is "${method}"; it must be "mcts" or "monte-carlo".`);
  const own = Object.fromEntries(
    Object.entries(settingRanges.mcts).flatMap(([name, range]) => {
      const value = numberField(configuration, name, range);
      return value === undefined ? [] : [[name, value]];
    }),
  );
  return { ...defaultLabelSettings.mcts, ...own, seed };
}

/**
 * Returns an event by its line in the log or, in any other file, the prefix up to the step (or its tree node) on the
 * line.
 */
async function placeOf(logFile: string, path: string, line: number): Promise<Pick<BreakpointSpec, 'event' | 'prefix'> | undefined> {
  if (resolve(path) === resolve(logFile)) return { event: line };
  const { reasoning, lines } = await readInput(path);
  for (const problem of reasoning.problems) {
    const step = problem.steps.find(({ span }) => {
      const { start, end } = lines.range(span);
      return start.line <= line && line <= end.line;
    });
    if (step) return { prefix: stepPrefix(problem, step.index) };
  }
  return undefined;
}
