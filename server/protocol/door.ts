/** The two ends of the wire between the language server and its client. Both check every message they receive. */
import { answer, describe, type NotificationType, type RequestType, resultOf } from './message.js';

export type End = 'server' | 'client';

interface Cancellation {
  onCancellationRequested(listener: () => void): { dispose(): void };
  readonly isCancellationRequested: boolean;
}

/** The part of a JSON-RPC connection that a door uses; vscode-languageserver's and vscode-languageclient's both have it. */
export interface Transport {
  sendRequest(method: string, params: unknown, token?: Cancellation): Promise<unknown>;
  sendNotification(method: string, params: unknown): Promise<void>;
  onRequest(method: string, handler: (...args: unknown[]) => unknown): unknown;
  onNotification(method: string, handler: (...args: unknown[]) => void): unknown;
}

export interface DoorLog {
  warn(message: string): void;
  error(message: string): void;
}

/** One end of the wire: it sends messages to the other end and handles those it receives. */
export class Door<Here extends End> {
  readonly #transport: Transport;
  readonly #log: DoorLog;
  readonly #local: ((message: string) => string) | undefined;

  /** `local`: translates the message of a failed request to the language of the other end. */
  constructor(_here: Here, transport: Transport, log: DoorLog, local?: (message: string) => string) {
    this.#transport = transport;
    this.#log = log;
    this.#local = local;
  }

  /** Sends a request to the other end. Rejects with RequestError, or with the connection's error when it is closed. */
  async ask<Params, Result>(type: RequestType<Exclude<End, Here>, Params, Result>, params: Params, token?: Cancellation): Promise<Result> {
    return resultOf(type, await this.#transport.sendRequest(type.method, params, token));
  }

  /** Answers a request. An error thrown by `work` becomes the answer; the signal aborts when the other end cancels. */
  handle<Params, Result>(
    type: RequestType<Here, Params, Result>,
    work: (params: Params, signal: AbortSignal) => Result | Promise<Result>,
  ): void {
    this.#transport.onRequest(type.method, async (...args: unknown[]) => {
      const token = args.at(-1) as Cancellation;
      const abort = new AbortController();
      if (token.isCancellationRequested) abort.abort();
      const listener = token.onCancellationRequested(() => abort.abort());
      const onError = (error: unknown): void => this.#log.error(`${type.method}: ${detailsOf(error)}`);
      // JSON-RPC leaves absent parameters out of the arguments.
      const params = args.length > 1 ? args[0] : undefined;
      return answer(type, params, work, { signal: abort.signal, onError, ...(this.#local && { local: this.#local }) }).finally(() =>
        listener.dispose(),
      );
    });
  }

  /** Notifies the other end. Never rejects: the sender cannot do anything about a closed connection. */
  async tell<Params>(type: NotificationType<Exclude<End, Here>, Params>, params: Params): Promise<void> {
    await this.#transport
      .sendNotification(type.method, params)
      .catch((error: unknown) => this.#log.warn(`${type.method}: ${error instanceof Error ? error.message : String(error)}`));
  }

  /** Listens to a notification. One that does not have its shape is logged and dropped. */
  on<Params>({ method, params: shape }: NotificationType<Here, Params>, listener: (params: Params) => void): void {
    this.#transport.onNotification(method, (params: unknown) => {
      const mismatch = shape.check(params);
      if (mismatch) this.#log.warn(describe(`${method} is`, mismatch));
      else listener(params as Params);
    });
  }
}

function detailsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
