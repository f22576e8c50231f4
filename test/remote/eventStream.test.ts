import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EventStream, type StreamItem } from '../../server/remote/eventStream.js';
import { Patience } from '../../server/remote/patience.js';

function readIn(pieces: readonly Uint8Array[]): StreamItem[] {
  const stream = new EventStream();
  return [...pieces.flatMap((piece) => stream.read(piece)), ...stream.end()];
}

describe('a stream of server-sent events', () => {
  it('gives comments, and data joined across several lines', () => {
    const text = ': hello\n\ndata: a\ndata:b\ndata\nid: 1\n\nevent: x\n\ndata: c';
    expect(readIn([Buffer.from(text)])).toEqual(['comment', { data: 'a\nb\n' }, { data: 'c' }]);
  });

  it('gives the same events however it is split, also inside a character or between CR and LF', () => {
    const line = fc.constantFrom('data: größe 书', 'data:{"a":"b"}', ': ping', 'event: e', '', '', 'id', 'data');
    const text = fc.array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 12 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(12), { maxLength: 20 }), (lines, sizes) => {
        const bytes = Buffer.from(lines.flat().join(''));
        const pieces: Buffer[] = [];
        let at = 0;
        for (const size of sizes) pieces.push(bytes.subarray(at, (at += size)));
        expect(readIn([...pieces, bytes.subarray(at)])).toEqual(readIn([bytes]));
      }),
    );
  });
});

describe('the timeout for a silent server', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('starts again with every piece of the reply', () => {
    const patience = new Patience(1000);
    for (let i = 0; i < 50; i++) {
      vi.advanceTimersByTime(999);
      patience.heard();
    }
    expect(patience.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(patience.signal.aborted).toBe(true);
    expect(patience.message).toBe('The server wrote nothing for 1 s.');
  });

  it('lasts ten times as long while only comments arrive, and no longer', () => {
    const patience = new Patience(1000);
    let seconds = 0;
    for (; !patience.signal.aborted && seconds < 100; seconds += 0.5) {
      vi.advanceTimersByTime(500);
      patience.heardComment();
    }
    expect(seconds).toBeGreaterThanOrEqual(10);
    expect(seconds).toBeLessThan(12);
    expect(patience.message).toBe('The server did not answer within 1 s.');
  });

  it('can be longer than the longest timer of Node.js', () => {
    const patience = new Patience(1e12);
    vi.advanceTimersByTime(1e9);
    expect(patience.signal.aborted).toBe(false);
    patience.end();
  });
});
