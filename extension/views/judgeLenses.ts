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
import { type LabelView, ReviewStepRequest } from '../../server/protocol/review.js';
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

/** Above the step at the cursor, in a file under review: the judgments as lenses, the reviewer's own one marked. */
export class JudgeLenses implements CodeLensProvider, Disposable {
  readonly #client: Client;
  readonly #review: ReviewSession;
  readonly #changed = new EventEmitter<void>();
  readonly #subscriptions: Disposable[];
  readonly onDidChangeCodeLenses = this.#changed.event;
  #line: number | undefined;

  constructor(client: Client, review: ReviewSession) {
    this.#client = client;
    this.#review = review;
    this.#subscriptions = [
      languages.registerCodeLensProvider({ scheme: 'file' }, this),
      review.onDidChange(() => this.#changed.fire()),
      window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
        const line = selections[0]?.active.line;
        if (line === this.#line || !review.isReviewing(textEditor.document.uri)) return;
        this.#line = line;
        this.#changed.fire();
      }),
      window.onDidChangeActiveTextEditor(() => this.#changed.fire()),
    ];
  }

  async provideCodeLenses(document: TextDocument): Promise<CodeLens[]> {
    const editor = window.activeTextEditor;
    if (editor?.document !== document || !this.#review.isReviewing(document.uri)) return [];
    const step = await this.#stepAt(document, editor.selection.active);
    if (!step) return [];
    const { uri, problem, step: index, range, own } = step;
    const at = new Range(range.start.line, range.start.character, range.start.line, range.start.character);
    return judgments.map(
      ({ title, key, command, value }) =>
        new CodeLens(at, { title: lensTitle(title, own, value), tooltip: `${title} (${key})`, command, arguments: [uri, problem, index] }),
    );
  }

  async #stepAt(document: TextDocument, position: Position) {
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

function lensTitle(title: string, own: LabelView | null, value: LabelView['value']): string {
  return own?.value === value ? `$(check) ${title}` : title;
}
