import { commands, type Disposable, EventEmitter, l10n, type TextDocumentContentProvider, Uri, workspace } from 'vscode';

const reportScheme = 'steplens-report';

/** Shows reports in Markdown as previews. Their documents are read-only, so closing one does not ask to save. */
export class Reports implements TextDocumentContentProvider, Disposable {
  readonly #changed = new EventEmitter<Uri>();
  readonly #registration: Disposable;
  /** Texts by the URI of their document. */
  readonly #texts = new Map<string, string>();
  readonly onDidChange = this.#changed.event;

  constructor() {
    this.#registration = workspace.registerTextDocumentContentProvider(reportScheme, this);
  }

  /** Shows a report, which replaces an earlier one with the same title. */
  async show(title: string, text: string): Promise<void> {
    const uri = Uri.from({ scheme: reportScheme, path: `/${title.replaceAll('/', ' ')}.md` });
    this.#texts.set(uri.toString(), text);
    this.#changed.fire(uri);
    await commands.executeCommand('markdown.showPreview', uri);
  }

  provideTextDocumentContent(uri: Uri): string {
    return this.#texts.get(uri.toString()) ?? l10n.t('This report ended with its window. Run its command again.');
  }

  dispose(): void {
    this.#registration.dispose();
    this.#changed.dispose();
  }
}
