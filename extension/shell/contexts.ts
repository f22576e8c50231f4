import { commands, type Disposable, window } from 'vscode';
import type { DocumentMarks } from '../../server/protocol/status.js';
import type { Claims } from './claims.js';
import type { Client } from './client.js';
import type { ServerConsent } from './serverConsent.js';

/**
 * Keeps the keys that the manifest's `when` and `enablement` clauses ask, besides `steplens.active`: a command is offered only where it
 * can do something.
 */
export class Contexts implements Disposable {
  readonly #claims: Claims;
  readonly #own: Disposable[];
  readonly #marks = new Map<string, DocumentMarks>();
  readonly #labeling = new Set<string>();
  readonly #known = new Map<string, boolean>();

  constructor(client: Client, claims: Claims, consent: ServerConsent) {
    this.#claims = claims;
    const tellServers = (): void => this.#set('hasServers', consent.allowed.length + consent.allowedLabeling.length > 0);
    this.#own = [
      client.onDidChangeStatus(({ state, asksFor, server }) => {
        this.#set('scoring', state === 'scoring' || state === 'loading');
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
      window.onDidChangeActiveTextEditor(() => this.#tellActive()),
      claims.onDidClaim(() => this.#tellActive()),
      consent.onDidChange(tellServers),
    ];
    tellServers();
    this.#tellActive();
  }

  dispose(): void {
    for (const one of this.#own) one.dispose();
  }

  #tellActive(): void {
    const { active } = this.#claims;
    const marks = active && this.#marks.get(active.uri.toString());
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
