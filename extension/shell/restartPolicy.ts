import { CloseAction, type CloseHandlerResult, ErrorAction, type ErrorHandler, type ErrorHandlerResult } from 'vscode-languageclient';

const limit = 3;
const windowMs = 3 * 60_000;

/** Restarts a crashed server, up to three times in three minutes. After that, the user has to act. */
export class RestartPolicy implements ErrorHandler {
  readonly #giveUp: () => void;
  #crashes: number[] = [];

  constructor(giveUp: () => void) {
    this.#giveUp = giveUp;
  }

  error(): ErrorHandlerResult {
    return { action: ErrorAction.Continue, handled: true };
  }

  closed(): CloseHandlerResult {
    const now = Date.now();
    this.#crashes = [...this.#crashes.filter((time) => now - time < windowMs), now];
    if (this.#crashes.length <= limit) return { action: CloseAction.Restart, handled: true };
    this.#giveUp();
    return { action: CloseAction.DoNotRestart, handled: true };
  }
}
