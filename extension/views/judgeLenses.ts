import {
  type CancellationToken,
  CodeLens,
  type CodeLensProvider,
  type Disposable,
  EventEmitter,
  l10n,
  languages,
  Range,
  type TextDocument,
  window,
} from 'vscode';
import { type LabelView, type ReviewStep, ReviewStepRequest } from '../../server/protocol/review.js';
import type { Client } from '../shell/client.js';
import { requestStepAt } from '../shell/stepAt.js';
import type { ReviewSession } from './reviewSession.js';

/** The keys are those of package.json. */
const judgments = [
  { title: l10n.t('Wrong'), key: 'Alt+1', command: 'steplens.judgeWrong', value: -1 },
  { title: l10n.t('Neutral'), key: 'Alt+2', command: 'steplens.judgeNeutral', value: 0 },
  { title: l10n.t('Right'), key: 'Alt+3', command: 'steplens.judgeRight', value: 1 },
  { title: l10n.t('Unsure'), key: 'Alt+4', command: 'steplens.judgeUnsure', value: 'unsure' },
  { title: l10n.t('Skip'), key: 'Alt+5', command: 'steplens.judgeSkip', value: 'skip' },
] as const;

/**
 * Shows the judgments as lenses above the step at the cursor, in every visible file under review, with the reviewer's
 * own one marked. They stay when the focus goes to a panel. VS Code redraws all lenses of an editor whenever a provider
 * reports a change, and loses a click on lenses it is drawing. So a change is reported only when the step, its place or
 * the own judgment has changed.
 */
export class JudgeLenses implements CodeLensProvider, Disposable {
  readonly #client: Client;
  readonly #review: ReviewSession;
  readonly #changed = new EventEmitter<void>();
  readonly #subscriptions: Disposable[];
  readonly onDidChangeCodeLenses = this.#changed.event;
  /** The key of what a document shows; empty or missing if it shows no lenses. */
  readonly #shown = new WeakMap<TextDocument, string>();
  #isLooking = false;
  #lookAgain = false;

  constructor(client: Client, review: ReviewSession) {
    this.#client = client;
    this.#review = review;
    const look = (): void => void this.#look();
    this.#subscriptions = [
      languages.registerCodeLensProvider({ scheme: 'file' }, this),
      review.onDidChange(look),
      window.onDidChangeTextEditorSelection(look),
      window.onDidChangeActiveTextEditor(look),
      window.onDidChangeVisibleTextEditors(look),
    ];
  }

  async provideCodeLenses(document: TextDocument, token: CancellationToken): Promise<CodeLens[]> {
    const step = await this.#stepIn(document);
    // VS Code discards the result of a cancelled request, so it is not recorded as shown.
    if (token.isCancellationRequested) return [];
    this.#shown.set(document, keyOf(step));
    if (!step) return [];
    const { uri, problem, step: index, range, own } = step;
    const at = new Range(range.start.line, range.start.character, range.start.line, range.start.character);
    return judgments.map(
      ({ title, key, command, value }) =>
        new CodeLens(at, { title: lensTitle(title, own, value), tooltip: `${title} (${key})`, command, arguments: [uri, problem, index] }),
    );
  }

  /** Checks whether the lenses must change. Events during a check cause only one more check. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#lookAgain) {
      this.#lookAgain = false;
      const visible = new Set(window.visibleTextEditors.map(({ document }) => document));
      const areCurrent = await Promise.all(Array.from(visible, (document) => this.#isCurrent(document)));
      if (areCurrent.includes(false)) this.#changed.fire();
    }
    this.#isLooking = false;
  }

  /** Whether a document shows the right lenses; records those it should show. */
  async #isCurrent(document: TextDocument): Promise<boolean> {
    const key = keyOf(await this.#stepIn(document));
    if (key === (this.#shown.get(document) ?? '')) return true;
    this.#shown.set(document, key);
    return false;
  }

  /**
   * Returns the step at the cursor, else the review's step in focus; undefined if the file is hidden or not reviewed.
   */
  async #stepIn(document: TextDocument): Promise<ReviewStep | undefined> {
    const editors = [window.activeTextEditor, ...window.visibleTextEditors];
    const editor = editors.find((one) => one?.document === document);
    if (!editor || !this.#review.isReviewing(document.uri)) return undefined;
    const uri = document.uri.toString();
    const here = await requestStepAt(this.#client, document.uri, editor.selection.active).catch(() => undefined);
    const place = here?.step === undefined ? this.#review.inFocus(document.uri) : { problem: here.problem, step: here.step };
    if (!place) return undefined;
    const { problem, step } = place;
    return this.#client.request(ReviewStepRequest, { uri, problem, step, by: this.#review.reviewer, blind: true }).catch(() => undefined);
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.#changed.dispose();
  }
}

/** Returns a key that is equal for steps with the same lenses. */
function keyOf(step: ReviewStep | undefined): string {
  return step ? JSON.stringify([step.uri, step.problem, step.step, step.own?.value ?? null, step.range]) : '';
}

function lensTitle(title: string, own: LabelView | null, value: LabelView['value']): string {
  return own?.value === value ? `$(check) ${title}` : title;
}
