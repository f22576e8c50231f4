import { type Exchange, watchExchanges } from '../remote/exchanges.js';

/** A request to a policy or judge with its reply and purpose, as written into the event log. */
export interface KeptRequest extends Exchange {
  readonly to: 'policy' | 'judge';
  /**
   * Rollouts of the batch (from 0) that the request wrote or judged, in the order of the reply's choices. Empty for a
   * probe of the server, and for a request that was repeated.
   */
  readonly rollouts: readonly number[];
}

/** Maximum size of the requests in a log, in UTF-16 units. Beyond it, only addresses, times and statuses are kept. */
const mostOfLog = 32 * 2 ** 20;

/** Remaining space for requests in a log. */
export class RequestRoom {
  #left = mostOfLog;

  /** Returns the request whole if it fits, else without its bodies. */
  fit(request: KeptRequest): KeptRequest {
    const length = JSON.stringify(request).length;
    if (length <= this.#left) {
      this.#left -= length;
      return request;
    }
    const { request: _request, reply: _reply, ...rest } = request;
    return { ...rest, isCut: true };
  }
}

/** Keeps the requests of one batch. */
export class RequestKeeper {
  readonly #room: RequestRoom;
  readonly #kept: KeptRequest[] = [];

  constructor(room: RequestRoom) {
    this.#room = room;
  }

  /** The requests in the order in which they ended; undefined if nothing was sent. */
  get kept(): readonly KeptRequest[] | undefined {
    return this.#kept.length === 0 ? undefined : this.#kept.map((one) => this.#room.fit(one));
  }

  /**
   * Samples `count` rollouts. `place` maps a rollout returned by `work` to its place in the batch, undefined if it is
   * requested again.
   */
  async sample<T>(count: number, work: () => Promise<T>, place: (result: T) => (at: number) => number | undefined): Promise<T> {
    const sent: { readonly exchange: Exchange; readonly about: readonly number[] }[] = [];
    const note = (exchange: Exchange, about: readonly number[]): number => sent.push({ exchange, about });
    try {
      const result = await watchExchanges(note, [...Array(count).keys()], work);
      const places = place(result);
      for (const { exchange, about } of sent.splice(0))
        this.#kept.push({ to: 'policy', rollouts: about.flatMap((at) => places(at) ?? []), ...exchange });
      return result;
    } finally {
      for (const { exchange } of sent) this.#kept.push({ to: 'policy', rollouts: [], ...exchange });
    }
  }

  judge<T>(rollouts: readonly number[], work: () => Promise<T>): Promise<T> {
    return watchExchanges((exchange, about) => this.#kept.push({ to: 'judge', rollouts: about, ...exchange }), rollouts, work);
  }
}
