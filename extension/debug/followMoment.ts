import { type Disposable, debug, type TextEditor, TextEditorRevealType, ThemeColor, Uri, window } from 'vscode';
import { DebugPlace } from '../../server/protocol/debug.js';
import type { Client } from '../shell/client.js';
import { toRange } from '../shell/editors.js';

/** Current position of a debugged search: the event's line in its log, and the file of its tree. */
export interface MomentPlace {
  readonly file: string;
  readonly event: number;
}

/** Marks the step of the current event in every file that has it, with its current value, until the session ends. */
export class MomentMarks implements Disposable {
  readonly #client: Client;
  readonly #mark = window.createTextEditorDecorationType({
    isWholeLine: true,
    backgroundColor: new ThemeColor('editor.focusedStackFrameHighlightBackground'),
    overviewRulerColor: new ThemeColor('editor.focusedStackFrameHighlightBackground'),
    after: { color: new ThemeColor('editorCodeLens.foreground'), margin: '0 0 0 2em' },
  });
  readonly #subscriptions: Disposable[];
  #moment: MomentPlace | undefined;

  constructor(client: Client) {
    this.#client = client;
    this.#subscriptions = [window.onDidChangeVisibleTextEditors(() => void this.#draw(false))];
  }

  /** The current moment of the last session. */
  get moment(): MomentPlace | undefined {
    return this.#moment;
  }

  async show(moment: MomentPlace): Promise<void> {
    this.#moment = moment;
    await this.#draw(true);
  }

  clear(): void {
    this.#moment = undefined;
    for (const editor of window.visibleTextEditors) editor.setDecorations(this.#mark, []);
  }

  dispose(): void {
    for (const one of this.#subscriptions) one.dispose();
    this.#mark.dispose();
  }

  async #draw(isNew: boolean): Promise<void> {
    if (this.#moment) await Promise.all(window.visibleTextEditors.map((editor) => this.#drawIn(editor, isNew)));
  }

  async #drawIn(editor: TextEditor, isNew: boolean): Promise<void> {
    const moment = this.#moment;
    const place = await this.#client.request(DebugPlace, { uri: editor.document.uri.toString() }).catch(() => null);
    // A later moment, or the end of the session, came first.
    if (moment !== this.#moment) return;
    if (!place) return editor.setDecorations(this.#mark, []);
    const range = toRange(place.range);
    editor.setDecorations(this.#mark, [{ range, renderOptions: { after: { contentText: place.text } } }]);
    if (isNew) editor.revealRange(range, TextEditorRevealType.InCenterIfOutsideViewport);
  }
}

/** Calls `show` at every stop of a debugged search, and `end` when a session ends. */
export function followMoments(type: string, show: (moment: MomentPlace) => void, end: () => void): Disposable[] {
  return [
    debug.onDidReceiveDebugSessionCustomEvent(({ session, event, body }) => {
      if (session.type === type && event === 'steplens/moment') show(body as MomentPlace);
    }),
    debug.onDidTerminateDebugSession((session) => {
      if (session.type === type) end();
    }),
  ];
}

/** The file of a moment's tree. */
export function treeUriOf({ file }: MomentPlace): Uri {
  return Uri.file(file);
}
