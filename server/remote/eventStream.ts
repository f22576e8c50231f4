/** One item of server-sent events: the data of an event, or a comment that only keeps the connection alive. */
export type StreamItem = { readonly data: string } | 'comment';

/**
 * Reads server-sent events (HTML Living Standard, 9.2.6) from a body that comes in pieces of any length: lines end with LF, CR or
 * CR LF, several `data` lines are one event, and characters may be split between pieces.
 */
export class EventStream {
  readonly #decoder = new TextDecoder();
  #rest = '';
  #data: string[] = [];

  /** Returns the items that this piece completes, in order. */
  read(piece: Uint8Array): StreamItem[] {
    this.#rest += this.#decoder.decode(piece, { stream: true });
    const items: StreamItem[] = [];
    let begin = 0;
    for (;;) {
      const end = this.#rest.slice(begin).search(/[\r\n]/);
      // A CR at the end of a piece may be the first half of CR LF.
      if (end < 0 || (this.#rest[begin + end] === '\r' && begin + end + 1 === this.#rest.length)) break;
      const at = begin + end;
      this.#line(this.#rest.slice(begin, at), items);
      begin = at + (this.#rest.startsWith('\r\n', at) ? 2 : 1);
    }
    this.#rest = this.#rest.slice(begin);
    return items;
  }

  /** Returns the remaining items at the end of the body: some servers omit the empty line that ends an event. */
  end(): StreamItem[] {
    const items: StreamItem[] = [];
    this.#line(this.#rest.replace(/\r$/, ''), items);
    this.#line('', items);
    this.#rest = '';
    return items;
  }

  #line(line: string, items: StreamItem[]): void {
    if (line === '') {
      if (this.#data.length > 0) items.push({ data: this.#data.join('\n') });
      this.#data = [];
    } else if (line.startsWith(':')) items.push('comment');
    else {
      const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
      // llama.cpp sends errors in a field named `error`.
      if (field === 'data' || field === 'error') this.#data.push(value);
    }
  }
}
