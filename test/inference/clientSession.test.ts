import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClientSession } from '../../server/inference/clientSession.js';
import type { LoadRequest, LoadResult } from '../../server/inference/protocol.js';

const request: LoadRequest = {
  graphPath: '/models/prm/model.onnx',
  device: 'auto',
  threads: 1,
  warmup: new Int32Array(0),
  columns: new Int32Array(0),
};
const loaded: LoadResult = {
  device: { provider: 'cuda', adapter: 'NVIDIA H200', passedOver: [] },
  width: 2,
  takesImages: false,
  runsInPieces: true,
};
const said: string[] = [];
const log = { info: () => undefined, warn: (message: string) => void said.push(message) };

function open(): ClientSession {
  said.length = 0;
  const session = new ClientSession(1, request, Promise.resolve(loaded));
  session.loaded = loaded;
  return session;
}

afterEach(() => {
  vi.useRealTimers();
});

describe('a device that is lost', () => {
  it('is no longer used when it is lost twice within a minute', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const session = open();
    expect(session.lose('CUDA failure 700', false, log)).toBe(false);
    vi.advanceTimersByTime(61_000);
    expect(session.lose('CUDA failure 700', false, log)).toBe(false);
    expect(session.request.avoid).toBeUndefined();
    vi.advanceTimersByTime(59_000);
    expect(session.lose('CUDA failure 719', false, log)).toBe(true);
    expect(session.request.avoid).toEqual([
      {
        provider: 'cuda',
        reason: 'lost its device twice (CUDA failure 719); update its driver, or close what else uses it, and choose the device again',
      },
    ]);
    expect(said).toHaveLength(3);
    expect(said[2]).toContain('Until then model.onnx runs on another one.');
  });

  it('is no longer used when the same request lost it before, however long ago', () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const session = open();
    session.lose('hung', false, log);
    vi.advanceTimersByTime(600_000);
    expect(session.lose('hung', true, log)).toBe(true);
  });
});

describe('the run limit of a device with full memory', () => {
  it('never rises, and is logged once per size', () => {
    const session = open();
    session.tellSize(log);
    session.limit({ tokens: 512 });
    session.limit({ rows: 1 });
    session.limit({ tokens: 2048 });
    expect(session.request.size).toEqual({ tokens: 512, rows: 1 });
    expect(session.device).toEqual({ ...loaded.device, note: 'at most 512 tokens and 1 row at a time' });
    session.tellSize(log);
    session.tellSize(log);
    expect(said).toEqual([
      expect.stringMatching(
        /^The memory of cuda is small for model\.onnx: from now on it is run with at most 512 tokens and 1 row at a time\. .*steplens quantise/,
      ),
    ]);
  });
});
