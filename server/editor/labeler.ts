import { stat } from 'node:fs/promises';
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Verifier } from '../answers/verifier.js';
import { refuseLinkOut } from '../disk/openOwn.js';
import { problemImages } from '../files/images.js';
import { t } from '../l10n.js';
import { Breaker } from '../labeling/breaker.js';
import { holderOf } from '../labeling/claim.js';
import { readEventLog } from '../labeling/eventLog.js';
import type { Judge } from '../labeling/judge.js';
import { type LabelWorld, labelProblem, moreRollouts } from '../labeling/labelProblem.js';
import type { Policy } from '../labeling/policy.js';
import type { ProblemToLabel, RunEvent } from '../labeling/runEvents.js';
import { type ProblemFiles, problemFiles } from '../labeling/runFiles.js';
import { makeFolder } from '../labeling/runLock.js';
import { beginEvent, defaultLabelSettings, type LabelSettings } from '../labeling/runSettings.js';
import { tryPolicy } from '../labeling/tryPolicy.js';
import { isEventLog } from '../language/logView.js';
import type { EditorJudge } from './editorPolicy.js';
import type { Labeler, LabelingSettings, LabelJob } from './labelerPort.js';
import { SeenLogs } from './seenLogs.js';

/** Opens the policy a setting names; rejects with PolicyError when it cannot be used. */
export type OpenPolicy = (policy: string) => Promise<Policy>;
/** Opens the judge the settings name; rejects with PolicyError when it cannot be used. */
export type OpenJudge = (rules: Verifier, judge: EditorJudge) => Promise<Judge>;

/** Location, problem and settings of one run. */
interface RunPlace {
  readonly files: ProblemFiles;
  readonly folder: string;
  readonly problem: ProblemToLabel;
  readonly settings: LabelSettings;
}

/** Maximum number of runs per problem in the editor, more than a user needs. */
const mostRuns = 1000;
/** Milliseconds that a run waits for a failing policy before it ends with an error, because a user is waiting. */
const patience = 60_000;

/**
 * Runs the pipeline beside the files of the editor. A document's runs are in a folder with its name. A run with other
 * settings, or a second one with the same, has a folder of its own beside it (`NAME-2`, seed 2), so that no label is
 * ever overwritten. A file that a run wrote is labeled again beside that run, never in a folder below it. Image paths
 * are written relative to the results, so that these can be moved together with the figures.
 */
export function createLabeler(openPolicy: OpenPolicy, openJudge: OpenJudge, rules: Verifier, report: (message: string) => void): Labeler {
  const judgeOf = async ({ labelingJudge, labelingJudgeModel, verifier }: LabelingSettings): Promise<Judge> =>
    openJudge(rules, { url: labelingJudge, model: labelingJudgeModel, verifier });

  async function withPolicy<T>(name: string, work: (policy: Policy) => Promise<T>): Promise<T> {
    const policy = await openPolicy(name);
    try {
      return await work(policy);
    } finally {
      await policy.dispose();
    }
  }

  /** Returns the last run with the same settings, to continue it or use its result; else a new run. */
  async function placeOf(job: LabelJob, policy: Policy, judge: Judge): Promise<RunPlace> {
    const info = await policy.describe();
    const home = await homeOf(job);
    for (let run = 1, found: RunPlace | undefined; run <= mostRuns; run++) {
      const place = runOf(home, job, run);
      const { recorded } = await readEventLog(place.files.log);
      const [first] = recorded;
      // Runs are numbered without gaps: the first free place ends the search.
      if (first?.event.event !== 'begin') return found ?? place;
      const isSame = first.event.hash === beginEvent(place.problem, place.settings, info, judge.fingerprint).hash;
      const isFinished = recorded.some(({ event }) => event.event === 'end');
      if (isSame && !(job.again && isFinished)) found = place;
    }
    throw new Error(t('{0}: this problem has {1} runs already; remove some.', runOf(home, job, 1).folder, mostRuns));
  }

  const logs = new SeenLogs();

  return {
    label: (job, begin) =>
      withPolicy(job.settings.labelingPolicy, async (policy) => {
        const judge = await judgeOf(job.settings);
        const { folder, problem, settings, files } = await placeOf(job, policy, judge);
        return await begin(pathToFileURL(files.result).href, async ({ signal, onEvent, onWait }) => {
          const breaker = new Breaker({ patience, ...(onWait && { report: onWait }) });
          await refuseLinkOut(folder, dirname(fileURLToPath(job.uri)));
          await makeFolder(folder);
          const {
            isSkipped,
            tree: { rollouts, failures, undecided },
          } = await labelProblem(
            problem,
            settings,
            {
              policy,
              judge,
              folder,
              images: imagesFrom(folder, job),
              report,
              now: () => Date.now(),
              keepsRequests: keepsRequests(job),
              breaker,
            },
            signal,
            onEvent,
          );
          return { state: isSkipped ? 'known' : 'done', rollouts, failures, undecided };
        });
      }),

    async fileOf(job) {
      const home = await homeOf(job);
      for (let run = 1; ; run++) {
        const { files } = runOf(home, job, run);
        const { recorded } = await readEventLog(files.log);
        if (run >= mostRuns || !recorded.some(({ event }) => event.event === 'end')) return pathToFileURL(files.result).href;
      }
    },

    async hasRuns({ uri, settings }) {
      if (!uri.startsWith('file:')) return false;
      const { beside, name } = homeBeside({ uri, settings });
      return stat(join(beside, name)).then(
        (info) => info.isDirectory(),
        () => false,
      );
    },

    newest: (job) => newestRun(job, logs),

    async isBeingWritten(file) {
      if (!file.startsWith('file:')) return false;
      const log = logOf(file);
      return (await holderOf(log.replace(/\.events\.jsonl$/i, '.claim'), log)) !== undefined;
    },

    more: (file, node, count, job, { signal, onEvent }) =>
      withPolicy(job.settings.labelingPolicy, async (policy) => {
        const log = logOf(file);
        const world: LabelWorld = {
          policy,
          judge: await judgeOf(job.settings),
          folder: dirname(log),
          images: imagesFrom(imageFolderOf(job), job),
          report,
          keepsRequests: keepsRequests(job),
        };
        await moreRollouts(log, node, count, world, signal, onEvent);
        return (await readEventLog(log)).recorded.map(({ event }) => event);
      }),

    tryOnce: (job, signal) =>
      withPolicy(job.settings.labelingPolicy, async (policy) => {
        const images = problemImages({ searched: [dirname(fileURLToPath(job.uri))], roots: job.place.roots }, job.images);
        return tryPolicy(job.problem, { policy, judge: await judgeOf(job.settings), images }, signal);
      }),

    async events(file) {
      if (!file.startsWith('file:')) return undefined;
      const { recorded } = await readEventLog(logOf(file));
      return recorded.length === 0 ? undefined : recorded.map(({ event }) => event);
    },
  };
}

/** Location of a document's runs: `NAME`, `NAME-2`, … in the folder `beside`. */
interface Home {
  readonly beside: string;
  readonly name: string;
  /** The problem as recorded by the run that wrote the document, if a run did. */
  readonly problem: ProblemToLabel;
}

function homeBeside({ uri, settings }: Pick<LabelJob, 'uri' | 'settings'>): Omit<Home, 'problem'> {
  const file = fileURLToPath(uri);
  return { beside: resolve(dirname(file), settings.labelingFolder), name: basename(file, extname(file)) };
}

/** Locates a job's runs. A file that a run wrote, or its log, is labeled beside that run, under its id there. */
async function homeOf(job: LabelJob): Promise<Home> {
  const log = logOf(job.uri);
  const [first] = (await readEventLog(log)).recorded;
  if (first?.event.event !== 'begin' || first.event.problem.question.trim() !== job.problem.question.trim())
    return { ...homeBeside(job), problem: job.problem };
  const folder = dirname(log);
  const own = basename(folder);
  const original = own.replace(/-\d+$/, '');
  const beside = dirname(folder);
  const { recorded } = await readEventLog(join(beside, original, basename(log)));
  return { beside, name: recorded.length > 0 ? original : own, problem: first.event.problem };
}

/** The last of a problem's runs, which are numbered without gaps. */
async function newestRun(
  { uri, problem, settings }: Pick<LabelJob, 'uri' | 'problem' | 'settings'>,
  logs: SeenLogs,
): ReturnType<Labeler['newest']> {
  if (!uri.startsWith('file:')) return undefined;
  const job = { uri, problem, settings, images: [] };
  const home = { ...homeBeside(job), problem };
  let found: { readonly folder: string; readonly events: readonly RunEvent[] } | undefined;
  for (let run = 1; run <= mostRuns; run++) {
    const { files, folder } = runOf(home, job, run);
    const events = await logs.read(files.log);
    if (events === undefined) break;
    found = { folder, events };
  }
  const { folder, events = [] } = found ?? {};
  const [begin] = events;
  if (folder === undefined || begin?.event !== 'begin') return undefined;
  const { claim, result } = problemFiles(folder, begin.problem.id, begin.method);
  const isFinished = events.some(({ event }) => event === 'end');
  const isWritten = !isFinished && (await holderOf(claim, result)) !== undefined;
  return { file: pathToFileURL(result).href, isWritten, events };
}

function runOf({ beside, name, problem }: Home, job: Pick<LabelJob, 'images' | 'settings'>, run: number): RunPlace {
  const folder = join(beside, run === 1 ? name : `${name}-${run}`);
  const images = job.images.map((image) => (isAbsolute(image) ? relative(folder, image).split(sep).join('/') : image));
  const settings = settingsOf(job.settings, run);
  return { folder, problem: { ...problem, images }, settings, files: problemFiles(folder, problem.id, settings.method) };
}

function settingsOf({ labelingMethod, labelingRollouts, labelingSearches, labelingBudget }: LabelingSettings, seed: number): LabelSettings {
  return labelingMethod === 'mcts'
    ? { ...defaultLabelSettings.mcts, rollouts: labelingRollouts, searches: labelingSearches, budget: labelingBudget, seed }
    : { ...defaultLabelSettings['monte-carlo'], continuations: labelingRollouts, seed };
}

function keepsRequests({ settings }: LabelJob): boolean {
  return settings.labelingKeepRequests === 'always';
}

/** Opens the images of a log, whose paths are relative to `folder`. */
function imagesFrom(folder: string, { place: { roots } }: LabelJob): LabelWorld['images'] {
  return (names) => problemImages({ searched: [folder], roots }, names);
}

/** Returns the path of `NAME.events.jsonl` beside `NAME.json` or `NAME.jsonl`; for a log, its own path. */
export function logOf(file: string): string {
  if (isEventLog(file)) return fileURLToPath(file);
  return fileURLToPath(file).replace(/\.jsonl?$/i, '') + '.events.jsonl';
}

/** Folder that the image paths in a log are relative to: the found image without its path in the problem. */
function imageFolderOf({ uri, problem, images }: LabelJob): string {
  const [written] = problem.images;
  const [found] = images;
  const end = written === undefined ? undefined : written.split('/').join(sep);
  return end !== undefined && found?.endsWith(sep + end) ? found.slice(0, -end.length - 1) : dirname(fileURLToPath(uri));
}
