// Over 400 lines: all cases share one fake scorer and its queue.
import { describe, expect, it } from 'vitest';
import { ScoringCancelled } from '../../server/editor/service.js';
import { ModelError } from '../../server/models/modelError.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { editPauseMs } from '../../server/protocol/status.js';
import type { StepValues } from '../../server/reasoning/stepValue.js';
import { NotAllowedError } from '../../server/scoring/scorer.js';
import { sketch } from '../language/fixture.js';
import { FakeScorer, fakeInfo } from './fakeScorer.js';
import { bench, gate, settle } from './harness.js';

describe('an opened document', () => {
  it('is scored problem by problem', async () => {
    const { open, prm, scorers, statuses, clock, service } = bench();
    const source = open('a', 'q\none\nwrong\n\np\ntwo');
    await settle();
    expect(prm(source)).toEqual([[0.9, 0.1], [0.9]]);
    expect(scorers[0]!.jobs.map(({ question }) => question)).toEqual(['q', 'p']);
    clock.advance(1000);
    expect(statuses.at(-1)).toEqual({
      state: 'ready',
      model: 'fake',
      knows: 'plain words',
      device: 'cpu',
      passedOver: fakeInfo.device.passedOver,
      threshold: 0.5,
    });
    expect(service.document(source.uri)!.problems[0]!.steps.map(({ low, firstLow }) => [low, firstLow])).toEqual([
      [false, false],
      [true, true],
    ]);
  });

  it('loads no model if no format recognizes it', async () => {
    const { open, service, created, statuses, clock } = bench();
    const source = open('a', 'none of ours');
    await settle();
    clock.advance(10_000);
    expect(service.document(source.uri)).toBeUndefined();
    expect([created, statuses]).toEqual([[], []]);
  });

  it('is read but not scored with `scoreOnOpen` off, until scoring is requested', async () => {
    const { open, prm, service, created } = bench({ scoreOnOpen: false });
    const source = open('a', 'q\nwrong');
    await settle();
    expect(created).toEqual([]);
    expect(prm(source)).toEqual([[NaN]]);
    await expect(service.score(source.uri, false)).resolves.toEqual({ steps: 1, low: 1 });
    expect(prm(source)).toEqual([[0.1]]);
  });
});

describe('an edit', () => {
  it('is scored after a pause in typing', async () => {
    const { open, edit, prm, scorers, clock } = bench();
    const source = open('a', 'q\none\ntwo');
    await settle();
    edit(source, 'q\none\nwrong');
    clock.advance(editPauseMs - 1);
    await settle();
    expect(scorers[0]!.jobs).toHaveLength(1);
    clock.advance(1);
    await settle();
    expect(scorers[0]!.jobs).toHaveLength(2);
    expect(prm(source)).toEqual([[0.9, 0.1]]);
  });

  it('keeps the scores of unchanged prefixes, and marks the scores of later steps as stale', async () => {
    const { open, edit, service, scorers, clock } = bench();
    const source = open('a', 'q\none\ntwo\nwrong end');
    await settle();
    const waiting = gate();
    scorers[0]!.before = () => waiting.opened;
    edit(source, 'q\none\n2\nwrong end');
    clock.advance(editPauseMs);
    await settle();
    const steps = () => service.document(source.uri)!.problems[0]!.steps.map(({ values, stale }) => [values.prm, stale]);
    expect(steps()).toEqual([
      [0.9, false],
      [undefined, false],
      [0.1, true],
    ]);
    waiting.open();
    await settle();
    expect(steps()).toEqual([
      [0.9, false],
      [0.9, false],
      [0.1, false],
    ]);
  });

  it('has only the changed problem scored, even if other problems move', async () => {
    const { open, edit, prm, scorers, clock } = bench();
    const source = open('a', 'q\none\n\np\ntwo');
    await settle();
    edit(source, 'new\nwrong\n\nq\none\n\np\ntwo');
    clock.advance(editPauseMs);
    await settle();
    expect(scorers[0]!.jobs.map(({ question }) => question)).toEqual(['q', 'p', 'new']);
    expect(prm(source)).toEqual([[0.1], [0.9], [0.9]]);
  });

  it('stops the scoring run that it makes outdated', async () => {
    const { open, edit, prm, scorers, clock } = bench(
      {},
      { scorer: () => Object.assign(new FakeScorer(), { before: () => new Promise<void>(() => undefined) }) },
    );
    const source = open('a', 'q\none');
    await settle();
    edit(source, 'q\nwrong');
    await settle();
    expect(scorers[0]!.aborted).toBe(1);
    scorers[0]!.before = () => undefined;
    clock.advance(editPauseMs);
    await settle();
    expect(prm(source)).toEqual([[0.1]]);
  });

  it('is shown with its first scores, or without them if they are not there after 250 ms', async () => {
    const { open, edit, announced, scorers, clock } = bench();
    const source = open('a', 'q\none');
    await settle();
    const changes = async (text: string, wait: number): Promise<number> => {
      const before = announced.length;
      edit(source, text);
      clock.advance(editPauseMs);
      await settle();
      clock.advance(wait);
      return announced.length - before;
    };
    expect(await changes('q\ntwo', 0)).toBe(1);
    expect(await changes('q\ntwo', 1_000)).toBe(1);
    scorers[0]!.before = () => new Promise<void>(() => undefined);
    expect(await changes('q\nthree', 0)).toBe(0);
    expect(await changes('q\nfour', 250)).toBe(1);
  });

  it('is followed by the rest of the scores when scoring ends, and by nothing in between', async () => {
    const second = gate();
    const { open, edit, announced, clock } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), { before: (job: { question: string }) => (job.question === 'q' ? undefined : second.opened) }),
      },
    );
    const source = open('a', 'q\none\n\np\ntwo\n\nr\nthree');
    await settle();
    edit(source, 'q\nanother\n\np\ntwo\n\nr\nthree');
    const before = announced.length;
    clock.advance(editPauseMs);
    await settle();
    expect(announced.length - before).toBe(1);
    clock.advance(1_999);
    expect(announced.length - before).toBe(1);
    second.open();
    await settle();
    expect(announced.length - before).toBe(2);
  });

  it('is read at once if a feature needs the document before the pause is over', async () => {
    const { open, edit, service } = bench();
    const source = open('a', 'q\none');
    await settle();
    edit(source, 'q\none\ntwo');
    expect(service.document(source.uri)).toMatchObject({ version: 2, problems: [{ steps: [{ values: { prm: 0.9 } }, {}] }] });
  });
});

describe('the scoring queue', () => {
  it('takes the last opened document first, and in it the problem in view', async () => {
    const first = gate();
    const { open, service, scorers } = bench({}, { scorer: () => Object.assign(new FakeScorer(), { before: () => first.opened }) });
    open('a', 'a0\ns\n\na1\ns');
    await settle();
    const b = open('b', 'b0\ns\n\nb1\ns\n\nb2\ns');
    service.look(b.uri, 1);
    first.open();
    await settle();
    expect(scorers[0]!.jobs.map(({ question }) => question)).toEqual(['a0', 'b1', 'b2', 'b0', 'a1']);
  });

  it('reports progress in steps', async () => {
    const second = gate();
    const { open, statuses, clock } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), { before: (job: { question: string }) => (job.question === 'p' ? second.opened : undefined) }),
      },
    );
    open('a', 'q\none\ntwo\n\np\nthree');
    await settle();
    clock.advance(100);
    expect(statuses.at(-1)).toMatchObject({ state: 'scoring', progress: { done: 2, total: 3 } });
    second.open();
    await settle();
    clock.advance(100);
    expect(statuses.at(-1)).toMatchObject({ state: 'ready' });
    expect(statuses.at(-1)).not.toHaveProperty('progress');
  });

  it('reports progress at most once a second, and its beginning and end at once', async () => {
    const gates = Array.from({ length: 20 }, gate);
    let at = 0;
    const { open, statuses, clock } = bench({}, { scorer: () => Object.assign(new FakeScorer(), { before: () => gates[at++]?.opened }) });
    open('a', gates.map((_, index) => `q${index}\none`).join('\n\n'));
    await settle();
    clock.advance(100);
    expect(statuses.at(-1)).toMatchObject({ state: 'scoring' });
    statuses.length = 0;
    for (const { open: letGo } of gates) {
      letGo();
      await settle();
      clock.advance(100);
    }
    expect(statuses.filter(({ state }) => state === 'scoring').length).toBe(1);
    expect(statuses.at(-1)).toMatchObject({ state: 'ready' });
  });
});

describe('settings', () => {
  it('apply a threshold at once, without scoring again', async () => {
    const { open, service, scorers, announced } = bench();
    const source = open('a', 'q\none');
    await settle();
    announced.length = 0;
    service.configure({ ...defaultSettings, threshold: 0.95 }, true, []);
    expect(service.document(source.uri)!.problems[0]!.steps[0]).toMatchObject({ low: true });
    expect(announced).toEqual([source.uri]);
    service.configure({ ...defaultSettings, threshold: null }, true, []);
    expect(service.document(source.uri)!.threshold).toBe(0.5);
    await settle();
    expect(scorers).toHaveLength(1);
    expect(scorers[0]!.jobs).toHaveLength(1);
  });

  it('use the threshold of the model profile once it is known', async () => {
    const { open, service } = bench({}, { scorer: () => new FakeScorer({ ...fakeInfo, threshold: 0.95 }) });
    const source = open('a', 'q\none');
    expect(service.document(source.uri)!.threshold).toBe(0.5);
    await settle();
    expect(service.document(source.uri)).toMatchObject({ threshold: 0.95, problems: [{ steps: [{ low: true }] }] });
  });

  it('load another model and score everything again', async () => {
    const { open, service, scorers, created, prm } = bench();
    const source = open('a', 'q\none');
    await settle();
    service.configure({ ...defaultSettings, modelPath: '/models/other' }, true, []);
    expect(prm(source)).toEqual([[NaN]]);
    await settle();
    expect(scorers.map(({ isDisposed, jobs }) => [isDisposed, jobs.length])).toEqual([
      [true, 1],
      [false, 1],
    ]);
    expect(created[1]).toMatchObject({ modelPath: '/models/other' });
    expect(prm(source)).toEqual([[0.9]]);
  });

  it('let labels in a file decide until the user chooses a model', async () => {
    const values: StepValues = { human: 1 };
    const { reasoning } = sketch([{ question: 'q', solutions: [[{ text: 'wrong', values }]] }]);
    const labeled = bench({}, { read: () => reasoning });
    const source = labeled.open('a', 'q');
    await settle();
    const decided = () =>
      labeled.service.document(source.uri)!.problems[0]!.steps.map(({ source: by, low, values: { prm } }) => [by, low, prm]);
    expect(decided()).toEqual([['human', false, 0.1]]);
    labeled.service.configure({ ...defaultSettings, modelPath: '/models/chosen' }, true, []);
    await settle();
    expect(decided()).toEqual([['prm', true, 0.1]]);
    // A model path from an untrusted workspace does not count as a choice.
    labeled.service.configure({ ...defaultSettings, modelPath: '/models/chosen' }, false, []);
    await settle();
    expect(decided()).toEqual([['human', false, 0.1]]);
  });

  it('of an untrusted workspace choose neither model nor device', async () => {
    const { open, service, created } = bench({ modelPath: '/models/evil', device: 'webgpu', threads: 2 }, { isTrusted: false });
    open('a', 'q\none');
    await settle();
    expect(created).toEqual([{ modelPath: '', device: 'auto', threads: 2 }]);
    service.configure({ ...defaultSettings, modelPath: '/models/evil', device: 'webgpu', threads: 2 }, true, []);
    await settle();
    expect(created[1]).toEqual({ modelPath: '/models/evil', device: 'webgpu', threads: 2 });
  });

  it('of an untrusted workspace name no server that text is sent to, and no folder', () => {
    const evil = { labelingPolicy: 'https://evil', labelingJudge: 'https://evil', labelingFolder: '/etc', modelPath: '/models/evil' };
    const { service } = bench(evil, { isTrusted: false });
    expect(service.trusted).toMatchObject({ labelingPolicy: 'mini', labelingJudge: '', labelingFolder: 'steplens-runs', modelPath: '' });
    service.configure({ ...defaultSettings, ...evil }, true, []);
    expect(service.trusted).toMatchObject(evil);
  });
});

describe('a model on a remote server', () => {
  const server = 'https://gpu-box';
  const remote = { ...fakeInfo, device: { provider: 'judge', server, passedOver: [] } };
  const settings = { ...defaultSettings, modelPath: '/models/remote' };
  /** Checks the consent before it describes itself, as the real scorer does. */
  const asks = (leave: () => boolean) => () =>
    Object.assign(new FakeScorer(remote), {
      describe: () => (leave() ? Promise.resolve(remote) : Promise.reject(new NotAllowedError('far', server))),
    });

  it('waits for consent, names the server, and continues once consent is given', async () => {
    let ask = (): boolean => false;
    const { open, service, statuses, prm, scorers } = bench(settings, { scorer: asks(() => ask()) });
    ask = () => service.allows(server);
    const source = open('a', 'q\none');
    await settle();
    expect(statuses.at(-1)).toMatchObject({
      state: 'failed',
      asksFor: server,
      message: expect.stringContaining(`far is at ${server}`) as string,
    });
    await expect(service.score(source.uri, false)).rejects.toThrow('only after you consent');
    await expect(service.scoreJob({ question: 'q', images: [], steps: [{ text: 'a' }] }, {})).rejects.toThrow(NotAllowedError);
    expect(scorers.flatMap(({ jobs }) => jobs)).toEqual([]);
    service.configure(settings, true, ['https://another']);
    await settle();
    expect(prm(source)).toEqual([[NaN]]);
    service.configure(settings, true, [server]);
    await settle();
    expect(prm(source)).toEqual([[0.9]]);
    expect(statuses.at(-1)).not.toHaveProperty('asksFor');
  });

  it('reports that an evaluation waits for consent, also without an open file', async () => {
    const { service, statuses } = bench(settings, { scorer: asks(() => false) });
    await expect(service.scoreJob({ question: 'q', images: [], steps: [{ text: 'a' }] }, {})).rejects.toThrow(NotAllowedError);
    expect(statuses.at(-1)).toMatchObject({ state: 'failed', asksFor: server });
  });

  it('is unloaded when consent is revoked', async () => {
    let ask = (): boolean => true;
    const { open, service, scorers, statuses, prm } = bench(settings, { allowedServers: [server], scorer: asks(() => ask()) });
    ask = () => service.allows(server);
    const source = open('a', 'q\none');
    await settle();
    expect(prm(source)).toEqual([[0.9]]);
    service.configure(settings, true, []);
    await settle();
    expect(scorers[0]!.isDisposed).toBe(true);
    expect(statuses.at(-1)).toMatchObject({ state: 'failed', asksFor: server });
    expect(prm(source)).toEqual([[NaN]]);
  });

  it('needs no consent on this machine, but does on a host whose name only looks local', () => {
    const { service } = bench();
    for (const own of ['http://localhost:8000', 'http://127.0.0.1', 'http://127.8.9.1:80', 'http://[::1]:8000', 'http://a.localhost'])
      expect(service.allows(own), own).toBe(true);
    for (const other of [
      'http://127.0.0.1.example.org',
      'http://localhost.example.org',
      'http://10.0.0.1',
      'http://0.0.0.0',
      'http://[fe80::1]',
    ])
      expect(service.allows(other), other).toBe(false);
  });
});

describe('failures', () => {
  it('of the model are reported, leave the file readable, and are retried on request', async () => {
    const missing = () => new FakeScorer(new ModelError('prm.json: no such file'));
    const models = [missing(), missing(), new FakeScorer(), new FakeScorer()];
    const { open, service, statuses, errors } = bench({}, { scorer: () => models.shift()! });
    const source = open('a', 'q\none');
    await settle();
    expect(statuses.at(-1)).toMatchObject({ state: 'failed', message: 'prm.json: no such file' });
    expect(errors).toEqual(['prm.json: no such file']);
    expect(service.document(source.uri)!.problems[0]!.steps).toHaveLength(1);
    await expect(service.score(source.uri, false)).rejects.toThrow('prm.json: no such file');
    await expect(service.score(source.uri, false)).resolves.toEqual({ steps: 1, low: 0 });
    service.configure({ ...defaultSettings, modelPath: '/models/good' }, true, []);
    await settle();
    expect(models).toHaveLength(0);
    expect(service.document(source.uri)!.problems[0]!.steps[0]).toMatchObject({ values: { prm: 0.9 } });
  });

  it('of one run are retried, so that no score is lost when the inference process dies', async () => {
    let deaths = 0;
    const { open, prm, statuses, clock } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), {
            before: () => {
              if (deaths++ === 0) throw new Error('the inference process ended (SIGKILL)');
            },
          }),
      },
    );
    const source = open('a', 'q\none\n\np\nwrong');
    await settle();
    clock.advance(100);
    expect(prm(source)).toEqual([[0.9], [0.1]]);
    expect(statuses.at(-1)).toMatchObject({ state: 'ready' });
  });

  it('of one problem do not block the others', async () => {
    const { open, prm, service } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), {
            before: (job: { question: string }) => {
              if (job.question === 'poison') throw new Error('out of memory');
            },
          }),
      },
    );
    const source = open('a', 'poison\none\n\np\nwrong');
    await settle();
    expect(prm(source)).toEqual([[NaN], [0.1]]);
    expect(service.document(source.uri)!.problems[0]!.steps[0]!.skipped).toBe('out of memory');
  });

  it('of every problem stop the scoring', async () => {
    const { open, scorers, statuses } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), {
            before: () => {
              throw new Error('no memory');
            },
          }),
      },
    );
    open('a', Array.from({ length: 50 }, (_, i) => `q${i}\none`).join('\n\n'));
    await settle();
    expect(scorers[0]!.jobs.length).toBeLessThan(10);
    expect(statuses.at(-1)).toMatchObject({ state: 'failed', message: 'no memory' });
  });
});

describe('requests to the scoring service', () => {
  it('score again without the cache if asked to', async () => {
    const { open, service, scorers } = bench();
    const source = open('a', 'q\none\nwrong');
    await settle();
    await expect(service.score(source.uri, true)).resolves.toEqual({ steps: 2, low: 1 });
    expect(scorers[0]!.options.map((options) => options?.ignoreCache)).toEqual([false, true]);
    await expect(service.score(source.uri, false)).resolves.toEqual({ steps: 2, low: 1 });
    expect(scorers[0]!.jobs).toHaveLength(2);
    await expect(service.score('file:///unknown', false)).resolves.toEqual({ steps: 0, low: 0 });
  });

  it('cancel scoring, keep finished scores, and leave it cancelled until it is requested again', async () => {
    const { open, edit, prm, service, scorers, clock } = bench(
      {},
      {
        scorer: () =>
          Object.assign(new FakeScorer(), {
            before: (job: { question: string }) => (job.question === 'p' ? new Promise<void>(() => undefined) : undefined),
          }),
      },
    );
    const source = open('a', 'q\none\n\np\ntwo');
    await settle();
    const asked = service.score(source.uri, false);
    service.cancel(source.uri);
    await expect(asked).rejects.toBeInstanceOf(ScoringCancelled);
    await settle();
    expect(scorers[0]!.aborted).toBe(1);
    expect(prm(source)).toEqual([[0.9], [NaN]]);
    scorers[0]!.before = () => undefined;
    edit(source, 'q\none\n\np\nthree');
    clock.advance(editPauseMs);
    await settle();
    expect(prm(source)).toEqual([[0.9], [NaN]]);
    await service.score(source.uri, false);
    expect(prm(source)).toEqual([[0.9], [0.9]]);
  });

  it('clear the cache', async () => {
    const { service, scorers } = bench();
    await service.clearCache();
    expect(scorers[0]!.cleared).toBe(1);
  });

  it('end when the document closes or the service is disposed of', async () => {
    const { open, service, scorers } = bench(
      {},
      { scorer: () => Object.assign(new FakeScorer(), { before: () => new Promise<void>(() => undefined) }) },
    );
    const source = open('a', 'q\none');
    await settle();
    const asked = service.score(source.uri, false);
    service.close(source.uri);
    await expect(asked).rejects.toThrow('cancelled');
    expect(service.document(source.uri)).toBeUndefined();
    await service.dispose();
    expect(scorers[0]!.isDisposed).toBe(true);
  });
});
