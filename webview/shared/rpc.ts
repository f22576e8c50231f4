import { resultOf } from '../../server/protocol/message.js';
import {
  type ArgsOf,
  type DataOf,
  type HostFrame,
  type PackedFrame,
  type PanelEvents,
  type PanelFrame,
  type PanelProtocol,
  type PanelRequests,
  type ResultOf,
  unpackFrame,
} from './wire.js';

/** The part of the result of `acquireVsCodeApi()` that the panel uses. */
export interface VsCodeApi {
  postMessage(message: PanelFrame): void;
  getState(): unknown;
  setState(state: unknown): void;
}

/** The host of a page, typed by the requests and events of its protocol. */
export interface Host<R extends PanelRequests, E extends PanelEvents> {
  /** Rejects with the host's sentence when it fails, and with `AbortError` when the signal aborts. */
  call<N extends keyof R & string>(name: N, args: ArgsOf<R[N]>, signal?: AbortSignal): Promise<ResultOf<R[N]>>;
  /** Events whose data does not have the declared shape are dropped. */
  on<N extends keyof E & string>(name: N, listener: (data: DataOf<E[N]>) => void): void;
  /** Rejects pending calls and stops listening. */
  dispose(): void;
}

interface Pending {
  readonly name: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The panel's end of the connection: calls with an id each, events by name. */
export function connectHost<R extends PanelRequests, E extends PanelEvents>(
  api: VsCodeApi,
  target: EventTarget,
  { requests, events }: PanelProtocol<R, E>,
): Host<R, E> {
  const pending = new Map<number, Pending>();
  const listeners = new Map<string, (data: never) => void>();
  let lastId = 0;

  const settle = (id: number, finish: (call: Pending) => void) => {
    const call = pending.get(id);
    pending.delete(id);
    if (call !== undefined) finish(call);
  };
  const receive = (event: Event) => {
    const { data } = event as MessageEvent<HostFrame | PackedFrame | null>;
    // Others, such as a browser extension, may post messages of another form to this window.
    if (typeof data !== 'object' || data === null) return;
    const frame = unpackFrame(data);
    if (frame.kind === 'answer')
      settle(frame.id, ({ name, resolve, reject }) => {
        try {
          const request = requests[name];
          if (request) resolve(resultOf(request, frame.answer));
          else reject(new Error(`There is no request ${name}.`));
        } catch (error) {
          reject(error as Error);
        }
      });
    else if (frame.kind === 'event' && Object.hasOwn(events, frame.name) && events[frame.name]?.params.check(frame.data) === undefined)
      listeners.get(frame.name)?.(frame.data as never);
  };
  target.addEventListener('message', receive);

  return {
    call(name, args, signal) {
      const id = ++lastId;
      return new Promise((resolve, reject) => {
        pending.set(id, { name, resolve: resolve as (value: unknown) => void, reject });
        signal?.addEventListener('abort', () =>
          settle(id, (call) => {
            api.postMessage({ kind: 'cancel', id });
            call.reject(new DOMException('Cancelled', 'AbortError'));
          }),
        );
        api.postMessage({ kind: 'call', id, name, args });
      });
    },
    on(name, listener) {
      listeners.set(name, listener);
    },
    dispose() {
      target.removeEventListener('message', receive);
      for (const id of [...pending.keys()]) settle(id, (call) => call.reject(new Error('The panel was closed.')));
    },
  };
}
