import { type Disposable, type Event, EventEmitter, l10n, type Memento, window } from 'vscode';

const allowedKey = 'steplens.allowedServers';
const labelingKey = 'steplens.allowedLabelingServers';
const send = l10n.t('Send');
const notNow = l10n.t('Not Now');

/**
 * The user's consent to send text to a server, by its origin and purpose (scoring or labeling). It is asked for once,
 * stored by VS Code for all workspaces of this machine, and sent to the language server, which sends text to no other
 * server.
 */
export class ServerConsent implements Disposable {
  readonly #kept: Memento;
  readonly #changed = new EventEmitter<void>();
  /** The notification of each origin in this session: answered, dismissed, or still open. */
  readonly #notifications = new Map<string, { isOpen: boolean; readonly answer: Promise<boolean> }>();

  constructor(kept: Memento) {
    this.#kept = kept;
  }

  get onDidChange(): Event<void> {
    return this.#changed.event;
  }

  get allowed(): readonly string[] {
    return this.#kept.get<readonly string[]>(allowedKey, []);
  }

  /** Servers of policies, judges and verifiers: consent to score there is not consent to label there. */
  get allowedLabeling(): readonly string[] {
    return this.#kept.get<readonly string[]>(labelingKey, []);
  }

  /** Asks with a notification, once per session: automatic scoring does not ask again. */
  offer(origin: string): void {
    if (!this.#notifications.has(origin)) void this.notify(origin);
  }

  /** Asks with a notification, or waits for the answer to the open one. Resolves with whether the user consents. */
  notify(origin: string): Promise<boolean> {
    const before = this.#notifications.get(origin);
    if (before?.isOpen === true) return before.answer;
    const answer = this.#settle(origin, window.showWarningMessage(`${question(origin)} ${explanation}`, send, notNow));
    const notification = { isOpen: true, answer };
    this.#notifications.set(origin, notification);
    return answer.finally(() => (notification.isOpen = false));
  }

  /** Asks with a dialog. Resolves with whether the user consents. */
  ask(origin: string): Promise<boolean> {
    return this.#settle(origin, window.showWarningMessage(question(origin), { modal: true, detail: explanation }, send));
  }

  /**
   * Asks with a dialog for consent to send what is labeled to this server of a policy, judge or verifier. Resolves with
   * whether the user consents.
   */
  async askLabeling(origin: string): Promise<boolean> {
    const choice = await window.showWarningMessage(
      l10n.t('Send questions, figures, steps and reference answers to {0}?', origin),
      { modal: true, detail: labelingExplanation },
      send,
    );
    if (choice !== send) return false;
    await this.#keep([...new Set([...this.allowedLabeling, origin])], labelingKey);
    return true;
  }

  async revokeLabeling(origins: readonly string[]): Promise<void> {
    await this.#keep(
      this.allowedLabeling.filter((origin) => !origins.includes(origin)),
      labelingKey,
    );
  }

  async revoke(origins: readonly string[]): Promise<void> {
    await this.#keep(this.allowed.filter((origin) => !origins.includes(origin)));
  }

  dispose(): void {
    this.#changed.dispose();
  }

  async #settle(origin: string, choice: Thenable<string | undefined>): Promise<boolean> {
    if ((await choice) !== send) return false;
    await this.#keep([...new Set([...this.allowed, origin])]);
    return true;
  }

  async #keep(origins: readonly string[], key = allowedKey): Promise<void> {
    await this.#kept.update(key, origins);
    this.#changed.fire();
  }
}

function question(origin: string): string {
  return l10n.t('Send questions, steps and figures to {0}?', origin);
}

const explanation = l10n.t(
  'The process reward model you chose scores on that server. Whatever is scored is sent there (to an LLM judge, with the reference answer), with the key you set for it, until you run "StepLens: Revoke Server…". Nothing was sent so far.',
);

const labelingExplanation = l10n.t(
  'The policy, judge or verifier of your settings is on that server. What is labeled or verified is sent there, with the key you set for it, until you run "StepLens: Revoke Server…". Nothing was sent so far.',
);
