import type { Disposable, LogOutputChannel, Webview } from 'vscode';
import type { HostFrame, PanelFrame, Requests } from '../../webview/shared/wire.js';
import { detailsOf, messageOf } from '../shell/log.js';

/** One handler a request: a forgotten one does not compile. Arguments come from a browser: each handler checks them. */
export type Handlers<R extends Requests<R>> = {
  readonly [K in keyof R]: (args: R[K]['args'], signal: AbortSignal) => Promise<R[K]['result']>;
};

/** The host's end of a panel's wire. Every request gets a reply, also when its handler fails or does not exist. */
export class PanelWire<R extends Requests<R>, E> implements Disposable {
  readonly #webview: Webview;
  readonly #handlers: Handlers<R>;
  readonly #log: LogOutputChannel;
  readonly #pending = new Map<number, AbortController>();
  readonly #listener: Disposable;

  constructor(webview: Webview, handlers: Handlers<R>, log: LogOutputChannel) {
    this.#webview = webview;
    this.#handlers = handlers;
    this.#log = log;
    this.#listener = webview.onDidReceiveMessage((frame: unknown) => {
      if (isPanelFrame(frame)) void this.#receive(frame);
      else this.#log.warn('A panel sent a message that is not part of its protocol.');
    });
  }

  emit<K extends keyof E & string>(name: K, data: E[K]): void {
    this.#post({ kind: 'event', name, data });
  }

  dispose(): void {
    this.#listener.dispose();
    for (const pending of this.#pending.values()) pending.abort();
  }

  async #receive(frame: PanelFrame): Promise<void> {
    if (frame.kind === 'cancel') {
      this.#pending.get(frame.id)?.abort();
      return;
    }
    const controller = new AbortController();
    this.#pending.set(frame.id, controller);
    try {
      if (!Object.hasOwn(this.#handlers, frame.name)) throw new Error(`Unknown request "${frame.name}".`);
      const handler = this.#handlers[frame.name as keyof R];
      this.#post({ kind: 'done', id: frame.id, ok: await handler(frame.args, controller.signal) });
    } catch (error) {
      if (!controller.signal.aborted) this.#log.warn(`Panel, ${frame.name}: ${detailsOf(error)}`);
      this.#post({ kind: 'fail', id: frame.id, error: messageOf(error) });
    } finally {
      this.#pending.delete(frame.id);
    }
  }

  #post(frame: HostFrame): void {
    void this.#webview.postMessage(frame);
  }
}

function isPanelFrame(frame: unknown): frame is PanelFrame {
  if (typeof frame !== 'object' || frame === null) return false;
  const { kind, id, name } = frame as Record<string, unknown>;
  return typeof id === 'number' && (kind === 'cancel' || (kind === 'call' && typeof name === 'string'));
}
