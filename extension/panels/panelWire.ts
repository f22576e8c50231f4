import type { Disposable, LogOutputChannel, Webview } from 'vscode';
import { answer } from '../../server/protocol/message.js';
import {
  type ArgsOf,
  type DataOf,
  type HostFrame,
  type PanelEvents,
  type PanelFrame,
  type PanelProtocol,
  type PanelRequests,
  packFrame,
  type ResultOf,
} from '../../webview/shared/wire.js';
import { detailsOf } from '../shell/log.js';

/** One handler per request: a missing one does not compile. Handlers get arguments whose shape has been checked. */
export type Handlers<R extends PanelRequests> = {
  readonly [K in keyof R]: (args: ArgsOf<R[K]>, signal: AbortSignal) => Promise<ResultOf<R[K]>>;
};

type Handler = (args: unknown, signal: AbortSignal) => Promise<unknown>;

/** The host's end of a panel's wire. Every request gets a reply, even if its handler fails or does not exist. */
export class PanelWire<R extends PanelRequests, E extends PanelEvents> implements Disposable {
  readonly #webview: Webview;
  readonly #requests: R;
  readonly #handlers: Handlers<R>;
  readonly #log: LogOutputChannel;
  readonly #pending = new Map<number, AbortController>();
  readonly #listener: Disposable;
  #isDisposed = false;

  constructor(webview: Webview, { requests }: PanelProtocol<R, E>, handlers: Handlers<R>, log: LogOutputChannel) {
    this.#webview = webview;
    this.#requests = requests;
    this.#handlers = handlers;
    this.#log = log;
    this.#listener = webview.onDidReceiveMessage((frame: unknown) => {
      if (isPanelFrame(frame)) void this.#receive(frame);
      else this.#log.warn('A panel sent a message that is not part of its protocol.');
    });
  }

  emit<K extends keyof E & string>(name: K, data: DataOf<E[K]>): void {
    this.#post({ kind: 'event', name, data });
  }

  dispose(): void {
    this.#isDisposed = true;
    this.#listener.dispose();
    for (const pending of this.#pending.values()) pending.abort();
  }

  async #receive(frame: PanelFrame): Promise<void> {
    if (frame.kind === 'cancel') {
      this.#pending.get(frame.id)?.abort();
      return;
    }
    const { id, name, args } = frame;
    const request = Object.hasOwn(this.#requests, name) ? this.#requests[name] : undefined;
    if (!request) {
      this.#log.warn(`A panel sent the unknown request "${name}".`);
      return this.#post({ kind: 'answer', id, answer: { err: { code: 'invalid', message: `Unknown request "${name}".` } } });
    }
    const controller = new AbortController();
    this.#pending.set(id, controller);
    const onError = (error: unknown): void => this.#log.warn(`Panel, ${name}: ${detailsOf(error)}`);
    const handler = this.#handlers[name] as Handler;
    this.#post({ kind: 'answer', id, answer: await answer(request, args, handler, { signal: controller.signal, onError }) });
    this.#pending.delete(id);
  }

  /** Posts a frame, unless the panel was closed in the meantime. */
  #post(frame: HostFrame): void {
    if (!this.#isDisposed) void this.#webview.postMessage(packFrame(frame));
  }
}

function isPanelFrame(frame: unknown): frame is PanelFrame {
  if (typeof frame !== 'object' || frame === null) return false;
  const { kind, id, name } = frame as Record<string, unknown>;
  return typeof id === 'number' && (kind === 'cancel' || (kind === 'call' && typeof name === 'string'));
}
