import type { Connection, WorkDoneProgressServerReporter } from 'vscode-languageserver';
import type { Clock } from '../editor/service.js';
import { t } from '../l10n.js';
import type { StatusParams } from '../protocol/status.js';

/** Work shorter than this is not worth a notification. */
const showAfterMs = 1000;

/** Reports loading and scoring that take longer than a second as work-done progress, with a button that cancels. */
export class ScoringProgress {
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #cancel: () => void;
  #stopTimer: (() => void) | undefined;
  #reporter: WorkDoneProgressServerReporter | undefined;
  #status: StatusParams = { state: 'idle' };

  constructor(connection: Connection, clock: Clock, cancel: () => void) {
    this.#connection = connection;
    this.#clock = clock;
    this.#cancel = cancel;
  }

  update(status: StatusParams): void {
    this.#status = status;
    if (!this.#isBusy) return this.dispose();
    this.#stopTimer ??= this.#clock.after(showAfterMs, () => void this.#show());
    this.#report();
  }

  dispose(): void {
    this.#stopTimer?.();
    this.#stopTimer = undefined;
    this.#reporter?.done();
    this.#reporter = undefined;
  }

  get #isBusy(): boolean {
    return this.#status.state === 'loading' || this.#status.state === 'scoring';
  }

  async #show(): Promise<void> {
    const reporter = await this.#connection.window.createWorkDoneProgress();
    if (!this.#isBusy || this.#reporter) return;
    this.#reporter = reporter;
    reporter.begin('StepLens', 0, this.#message, true);
    reporter.token.onCancellationRequested(() => this.#cancel());
  }

  #report(): void {
    const { progress } = this.#status;
    this.#reporter?.report(progress?.total ? Math.floor((100 * progress.done) / progress.total) : 0, this.#message);
  }

  get #message(): string {
    const { state, progress } = this.#status;
    if (state === 'loading' || !progress) return t('loading the model');
    return t('{0} of {1} steps scored', progress.done.toLocaleString('en-US'), progress.total.toLocaleString('en-US'));
  }
}
