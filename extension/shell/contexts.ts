import { commands, type Disposable } from 'vscode';
import type { DocumentMarks } from '../../server/protocol/status.js';
import type { ActiveFile } from './activeFile.js';
import type { Client } from './client.js';
import { isBusy, Lasting } from './lasting.js';
import type { ServerConsent } from './serverConsent.js';

/**
 * Sets the context keys of the manifest's `when` and `enablement` clauses: a command is offered only where it works.
 */
export class Contexts implements Disposable {
  readonly #active: ActiveFile;
  readonly #own: Disposable[];
  readonly #lasting = new Lasting();
  readonly #marks = new Map<string, DocumentMarks>();
  readonly #labeling = new Set<string>();
  readonly #known = new Map<string, boolean>();

  constructor(client: Client, active: ActiveFile, consent: ServerConsent) {
    this.#active = active;
    const tellServers = (): void => this.#set('hasServers', consent.allowed.length + consent.allowedLabeling.length > 0);
    this.#own = [
      this.#lasting,
      client.onDidChangeStatus((status) => {
        const { asksFor, server } = status;
        if (isBusy(status)) this.#lasting.show(() => this.#set('scoring', true));
        else this.#lasting.now(() => this.#set('scoring', false));
        this.#set('asksForServer', asksFor !== undefined);
        this.#set('scoresAtServer', server !== undefined || asksFor !== undefined);
      }),
      client.onDidChangeLabeling(({ file, state }) => {
        if (state === 'running') this.#labeling.add(file);
        else this.#labeling.delete(file);
        this.#set('labeling', this.#labeling.size > 0);
      }),
      client.onDidChangeDocument(({ uri, marks }) => {
        if (marks) this.#marks.set(uri, marks);
        else this.#marks.delete(uri);
        this.#tellActive();
      }),
      active.onDidChange(() => this.#tellActive()),
      consent.onDidChange(tellServers),
    ];
    tellServers();
    this.#tellActive();
  }

  dispose(): void {
    for (const one of this.#own) one.dispose();
  }

  #tellActive(): void {
    const { uri } = this.#active;
    const marks = uri && this.#marks.get(uri.toString());
    this.#set('active', uri !== undefined);
    this.#set('onDisk', uri?.scheme === 'file');
    this.#set('canLabel', marks?.canLabel ?? false);
    this.#set('hasTree', marks?.hasTree ?? false);
    this.#set('hasImages', marks?.hasImages ?? false);
  }

  #set(name: string, value: boolean): void {
    if (this.#known.get(name) === value) return;
    this.#known.set(name, value);
    void commands.executeCommand('setContext', `steplens.${name}`, value);
  }
}
