import {
  CodeLens,
  type CodeLensProvider,
  type Disposable,
  EventEmitter,
  languages,
  type Position,
  Range,
  type TextDocument,
  window,
} from 'vscode';
import { type LabelView, type ReviewStep, ReviewStepRequest } from '../../server/protocol/review.js';
import type { Client } from '../shell/client.js';
import { stepAt } from '../shell/stepAt.js';
import type { ReviewSession } from './reviewSession.js';

/** The keys are those of package.json. */
const judgments = [
  { title: 'Wrong', key: 'Alt+1', command: 'steplens.judgeWrong', value: -1 },
  { title: 'Neutral', key: 'Alt+2', command: 'steplens.judgeNeutral', value: 0 },
  { title: 'Right', key: 'Alt+3', command: 'steplens.judgeRight', value: 1 },
  { title: 'Unsure', key: 'Alt+4', command: 'steplens.judgeUnsure', value: 'unsure' },
  { title: 'Skip', key: 'Alt+5', command: 'steplens.judgeSkip', value: 'skip' },
] as const;

/**
 * Above the step at the cursor, in a file under review: the judgments as lenses, the reviewer's own one marked. VS Code draws all lenses of
 * an editor anew whenever a provider says that its lenses changed, and loses a click on lenses it is drawing. So that is said only when the
 * step, its place or the own judgment is another one.
 */
export class JudgeLenses implements CodeLensProvider, Disposable {
  readonly #client: Client;
  readonly #review: ReviewSession;
  readonly #changed = new EventEmitter<void>();
  readonly #subscriptions: Disposable[];
  readonly onDidChangeCodeLenses = this.#changed.event;
  /** The key of what is shown; empty without lenses. */
  #shown = '';
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
    ];
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    if (window.activeTextEditor?.document !== document) return [];
    const step = await this.#stepAtCursor();
    this.#shown = keyOf(step);
    if (!step) return [];
    const { uri, problem, step: index, range, own } = step;
    const at = new Range(range.start.line, range.start.character, range.start.line, range.start.character);
    return judgments.map(
      ({ title, key, command, value }) =>
        new CodeLens(at, { title: lensTitle(title, own, value), tooltip: `${title} (${key})`, command, arguments: [uri, problem, index] }),
    );
  }

  /** Looks whether other lenses are due. Of events during a look, one more look is enough. */
  async #look(): Promise<void> {
    this.#lookAgain = true;
    if (this.#isLooking) return;
    this.#isLooking = true;
    while (this.#lookAgain) {
      this.#lookAgain = false;
      const key = keyOf(await this.#stepAtCursor());
      if (key === this.#shown) continue;
      this.#shown = key;
      this.#changed.fire();
    }
    this.#isLooking = false;
  }

  async #stepAtCursor(): Promise<ReviewStep | undefined> {
    const editor = window.activeTextEditor;
    return editor && this.#review.isReviewing(editor.document.uri) ? this.#stepAt(editor.document, editor.selection.active) : undefined;
  }

  async #stepAt(document: TextDocument, position: Position): Promise<ReviewStep | undefined> {
    const uri = document.uri.toString();
    const here = await stepAt(this.#client, document.uri, position).catch(() => undefined);
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

/** Two steps with one key have the same lenses. */
function keyOf(step: ReviewStep | undefined): string {
  return step ? JSON.stringify([step.uri, step.problem, step.step, step.own?.value ?? null, step.range]) : '';
}

function lensTitle(title: string, own: LabelView | null, value: LabelView['value']): string {
  return own?.value === value ? `$(check) ${title}` : title;
}
