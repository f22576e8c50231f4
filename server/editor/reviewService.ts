import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { t } from '../l10n.js';
import type { ScoredDocument } from '../language/scoredDocument.js';
import type { FileFault } from '../protocol/evaluation.js';
import type { AgreementView, LabelView, ReviewItem, ReviewStep } from '../protocol/review.js';
import { messageOf } from '../reasoning/errorText.js';
import { rootPath } from '../reasoning/paths.js';
import type { Problem } from '../reasoning/problem.js';
import type { LineIndex } from '../reasoning/span.js';
import { agreementReport, type Coefficient } from '../review/agreementReport.js';
import { applyLabels, type LabeledDocument } from '../review/applyLabels.js';
import { appendLabels, labelFileOf, readLabelFile } from '../review/labelFile.js';
import { currentLabels, type LabelRecord, type ReviewMode, type StepLabel } from '../review/labelRecord.js';
import { stepPosteriors } from '../review/posterior.js';
import { evidenceOf, type ReviewableProblem } from '../review/reviewable.js';
import { type ReviewQueueOptions, reviewQueue } from '../review/reviewQueue.js';
import { stepKeys } from '../review/stepKeys.js';
import { type OpenText, readRequested } from './openInput.js';

export interface ReviewHost {
  /** A document that is open, with its live scores. */
  document(uri: string): ScoredDocument | undefined;
  openText(uri: string): OpenText | undefined;
  /** The labels of a document were read or changed. */
  onLabels(uri: string, labels: readonly StepLabel[]): void;
  /** Whether labels may be written; they go beside the data. */
  canWrite(): boolean;
  findImages(uri: string, paths: readonly string[]): Promise<readonly string[]>;
  now(): Date;
  warn(message: string): void;
}

/** A person's judgment of a step. */
export interface Judgment extends Pick<StepLabel, 'value' | 'kind' | 'comment' | 'blind'> {
  readonly uri: string;
  readonly problem: number;
  readonly step: number;
  readonly by: string;
  readonly mode: ReviewMode;
}

/** A file under review, open in the editor or read from disk. */
interface Reviewed {
  readonly uri: string;
  readonly lines: LineIndex;
  readonly labeled: LabeledDocument;
  readonly problems: readonly ReviewableProblem[];
}

/** Reviews of steps: reads label logs, joins them with documents, and appends people's labels. */
export class ReviewService {
  readonly #host: ReviewHost;
  readonly #records = new Map<string, readonly LabelRecord[]>();
  /** The last append to each log: the next one waits for it. */
  readonly #writing = new Map<string, Promise<unknown>>();

  constructor(host: ReviewHost) {
    this.#host = host;
  }

  /** Reads a document's labels again and applies them. A log that cannot be read is reported and adds no labels. */
  async load(uri: string): Promise<void> {
    if (!uri.startsWith('file:')) return;
    let path = uri;
    try {
      // A client may send a URI that is not of a file on this machine.
      path = labelFileOf(fileURLToPath(uri));
      const { records, faults } = await readLabelFile(path);
      for (const { message } of faults) this.#host.warn(`${path}: ${message}`);
      const had = this.#records.get(uri);
      this.#records.set(uri, records);
      if (records.length > 0 || (had?.length ?? 0) > 0) this.#host.onLabels(uri, currentLabels(records));
    } catch (error) {
      this.#host.warn(`${path} cannot be read: ${messageOf(error)}`);
    }
  }

  /** Writes a judgment and returns the number of labels written. Rejects with an Error for the user. */
  async judge(judgment: Judgment): Promise<number> {
    const { uri, problem, step, mode } = judgment;
    const path = this.#logOf(uri);
    const { labeled } = await this.#read(uri);
    const found = labeled.document.problems[problem];
    if (found?.steps[step] === undefined) throw new Error(t('This step is not in the file any more.'));
    const before = mode === 'first-error' && judgment.value === -1 ? rootPath(found.steps, step).slice(0, -1) : [];
    const own = labeled.labels[problem];
    const unjudged = before.filter((at) => !own?.get(at)?.some(({ by }) => by === judgment.by));
    const at = this.#host.now().toISOString();
    const labels = [
      ...unjudged.map((place) => this.#label(found, place, at, { ...judgment, value: 1, kind: '', comment: '' })),
      this.#label(found, step, at, judgment),
    ];
    await this.#append(uri, path, labels);
    return labels.length;
  }

  /** Undoes the reviewer's latest label and those written with it. Returns the step it was about, or undefined. */
  async undo(uri: string, by: string): Promise<{ readonly problem: number; readonly step: number } | undefined> {
    const path = this.#logOf(uri);
    if (!this.#records.has(uri)) await this.load(uri);
    const mine = currentLabels(this.#records.get(uri) ?? []).filter((label) => label.by === by);
    const last = mine.reduce<StepLabel | undefined>(
      (latest, label) => (latest === undefined || label.at >= latest.at ? label : latest),
      undefined,
    );
    if (last === undefined) return undefined;
    const together = mine.filter(({ at }) => at === last.at);
    const at = this.#host.now().toISOString();
    await this.#append(
      uri,
      path,
      together.map(({ id }) => ({ v: 1, id: newId(), at, by, undo: id })),
    );
    return together.at(-1)?.place;
  }

  async queue(
    uris: readonly string[],
    options: ReviewQueueOptions,
  ): Promise<{ readonly items: readonly ReviewItem[]; readonly faults: readonly FileFault[] }> {
    const faults: FileFault[] = [];
    return { items: reviewQueue(await this.#problems(uris, faults), options), faults };
  }

  async agreement(uris: readonly string[], threshold: number): Promise<AgreementView> {
    const report = agreementReport(await this.#problems(uris, []), threshold);
    return {
      reviewers: report.reviewers,
      fleiss: overWire(report.fleiss),
      krippendorff: overWire(report.krippendorff),
      pairs: report.pairs.map(({ kappa, ...pair }) => ({ ...pair, kappa: overWire(kappa) })),
    };
  }

  /** Returns the reviewer's label of each step; null without one. */
  async progress(
    items: readonly { readonly uri: string; readonly problem: number; readonly step: number }[],
    by: string,
  ): Promise<(StepLabel['value'] | null)[]> {
    const files = new Map<string, Reviewed>();
    for (const { uri } of items) if (!files.has(uri)) files.set(uri, await this.#read(uri));
    return items.map(
      ({ uri, problem, step }) =>
        files
          .get(uri)
          ?.labeled.labels[problem]?.get(step)
          ?.find((label) => label.by === by)?.value ?? null,
    );
  }

  /** Returns everything shown to a reviewer about a step. Rejects if the step does not exist. */
  async step({ uri, problem, step, by, blind }: Pick<Judgment, 'uri' | 'problem' | 'step' | 'by' | 'blind'>): Promise<ReviewStep> {
    const { problems, labeled, lines } = await this.#read(uri);
    const found = problems[problem];
    const shown = found?.steps[step];
    if (!found || !shown) throw new Error(t('This step is not in the file any more.'));
    const path = rootPath(found.problem.steps, step);
    const own = shown.labels.find((label) => label.by === by);
    const solution = found.problem.solutions.find(({ steps }) => steps.includes(step));
    const stale = labeled.stale.find(({ place }) => place?.problem === problem && place.step === step);
    const textOf = (at: number): string => found.problem.steps[at]?.text ?? '';
    return {
      uri,
      problem,
      step,
      question: found.problem.question,
      ...(found.problem.answer !== undefined && { answer: found.problem.answer }),
      images: await this.#host.findImages(uri, found.problem.images),
      prefix: path.slice(0, -1).map(textOf),
      text: shown.step.text,
      number: path.length,
      rest: (solution?.steps.slice(path.length) ?? []).map(textOf),
      range: lines.range(shown.step.span),
      evidence: blind && !own ? null : this.#evidence(problems, found, step, by),
      own: own ? viewOf(own) : null,
      stale: stale ? viewOf(stale.label) : null,
    };
  }

  #evidence(
    problems: readonly ReviewableProblem[],
    { problem, steps }: ReviewableProblem,
    step: number,
    by: string,
  ): NonNullable<ReviewStep['evidence']> {
    const all = problems.flatMap((one) => one.steps);
    const posteriors = stepPosteriors(all.map(evidenceOf));
    const shown = steps[step];
    const parent = shown?.step.parent;
    const node = shown?.step.node === undefined ? undefined : problem.tree?.nodes[shown.step.node];
    return {
      values: shown?.values ?? {},
      posterior: posteriors[shown ? all.indexOf(shown) : 0] ?? 0.5,
      rollouts: (node?.rollouts ?? []).slice(0, 50).map(({ correct, steps: texts }) => ({ correct, steps: texts })),
      alternatives: steps
        .filter((other) => other.step.parent === parent && other !== shown)
        .slice(0, 20)
        .map(({ step: { text }, values }) => ({ text, values })),
      labels: (shown?.labels ?? []).filter((label) => label.by !== by).map(viewOf),
    };
  }

  async #problems(uris: readonly string[], faults: FileFault[]): Promise<ReviewableProblem[]> {
    const found: ReviewableProblem[] = [];
    for await (const file of readRequested(uris, (uri) => this.#host.openText(uri), faults)) {
      for (const problem of (await this.#join(file)).problems) found.push(problem);
    }
    return found;
  }

  async #read(uri: string): Promise<Reviewed> {
    const faults: FileFault[] = [];
    for await (const file of readRequested([uri], (one) => this.#host.openText(one), faults)) return this.#join(file);
    throw new Error(faults[0] ? `${uri}: ${faults[0].message}` : t('{0} has no steps to review.', uri));
  }

  async #join({
    uri,
    reasoning,
    lines,
  }: {
    readonly uri: string;
    readonly reasoning: ScoredDocument['reasoning'];
    readonly lines: LineIndex;
  }): Promise<Reviewed> {
    if (!this.#records.has(uri)) await this.load(uri);
    const open = this.#host.document(uri);
    const isSame = open !== undefined && open.lines.text === lines.text;
    const document = isSame ? open.reasoning : reasoning;
    const labeled = applyLabels(document, currentLabels(this.#records.get(uri) ?? []));
    const problems = labeled.document.problems.map((problem, at): ReviewableProblem => {
      const scored = isSame ? open.problems[at]?.steps : undefined;
      const labels = labeled.labels[at];
      const steps = problem.steps.map((step) => ({
        step: document.problems[at]?.steps[step.index] ?? step,
        values: { ...scored?.[step.index]?.values, ...step.values },
        firstLow: scored?.[step.index]?.firstLow ?? false,
        labels: labels?.get(step.index) ?? [],
      }));
      return { uri, problem, steps };
    });
    return { uri, lines, labeled, problems };
  }

  #label(problem: Problem, step: number, at: string, { value, kind = '', comment = '', by, mode, blind }: Judgment): StepLabel {
    const keys = stepKeys(problem);
    return {
      v: 1,
      id: newId(),
      at,
      by,
      source: 'human',
      problem: keys.problem,
      step: keys.steps[step] ?? '',
      place: { problem: problem.index, step },
      value,
      ...(kind !== '' && { kind }),
      ...(comment !== '' && { comment }),
      mode,
      blind,
    };
  }

  #logOf(uri: string): string {
    if (!uri.startsWith('file:')) throw new Error(t('Save the file first: labels are written beside it.'));
    if (!this.#host.canWrite()) throw new Error(t('Labels are not written in an untrusted workspace. Trust the workspace first.'));
    return labelFileOf(fileURLToPath(uri));
  }

  async #append(uri: string, path: string, records: readonly LabelRecord[]): Promise<void> {
    const before = this.#writing.get(path) ?? Promise.resolve();
    const written = before.catch(() => undefined).then(() => appendLabels(path, records));
    this.#writing.set(path, written);
    await written;
    this.#records.set(uri, [...(this.#records.get(uri) ?? []), ...records]);
    this.#host.onLabels(uri, currentLabels(this.#records.get(uri) ?? []));
  }
}

function newId(): string {
  return randomBytes(8).toString('hex');
}

function viewOf({ id, by, at, value, kind, comment }: StepLabel): LabelView {
  return { id, by, at, value, ...(kind !== undefined && { kind }), ...(comment !== undefined && { comment }) };
}

/** JSON has no NaN. */
function overWire({ value, low, high, steps }: Coefficient): AgreementView['fleiss'] {
  const known = (number: number): number | null => (Number.isNaN(number) ? null : number);
  return { value: known(value), low: known(low), high: known(high), steps };
}
