import { describe, expect, it } from 'vitest';
import { ModelError } from '../../server/models/modelError.js';
import { FakeScorer, fakeInfo } from '../editor/fakeScorer.js';
import { run } from './runner.js';

interface Report {
  readonly machine: { readonly cores: number; readonly node: string; readonly onnxRuntime?: string };
  readonly devices: readonly { readonly name: string; readonly state: string; readonly reason?: string; readonly adapter?: string }[];
  readonly model?: { readonly name: string; readonly note?: string };
  readonly error?: string;
}
const report = (out: string) => JSON.parse(out) as Report;

describe('steplens doctor', () => {
  it('reports which device is used and why the others are not, and releases the model', async () => {
    const { code, out, scorer, created } = await run(['doctor', '--json', '--model', '/m']);
    expect(code).toBe(0);
    expect(created[0]).toEqual([{ modelPath: '/m', device: 'auto', threads: 0 }, undefined, []]);
    expect(scorer.isDisposed).toBe(true);
    const { devices, machine, model } = report(out);
    expect(devices.map(({ name, state }) => [name, state])).toEqual([
      ['cuda', 'passed over'],
      ['webgpu', 'not tried'],
      ['dml', 'not tried'],
      ['coreml', 'not tried'],
      ['cpu', 'used'],
    ]);
    expect(devices.find(({ name }) => name === 'cuda')!.reason).toBe('not installed');
    for (const { state, reason } of devices) expect(reason === undefined).toBe(state === 'used');
    expect(machine).toMatchObject({ node: process.versions.node, onnxRuntime: expect.stringMatching(/^\d+\.\d+/) as string });
    expect(model!.name).toBe('fake');
  });

  it('prints the same as text, with the note on the used device', async () => {
    const info = {
      ...fakeInfo,
      device: { provider: 'webgpu', adapter: 'NVIDIA H100', passedOver: [], note: 'compared in its first layers' },
    };
    const { code, out } = await run(['doctor'], {}, new FakeScorer(info));
    expect(code).toBe(0);
    expect(out).toMatch(/^StepLens 1\.2\.3, Node /);
    expect(out).toMatch(/^webgpu {3}used: NVIDIA H100$/m);
    expect(out).toMatch(/^Note: compared in its first layers\.$/m);
  });

  it('exits with 1 when another device than the one asked for is used, and with 2 when no model runs', async () => {
    const { code, out } = await run(['doctor', '--json', '--device', 'cuda']);
    expect(code).toBe(1);
    expect(report(out).devices.find(({ name }) => name === 'webgpu')!.reason).toBe('cuda was asked for');
    const failed = await run(['doctor', '--json'], {}, new FakeScorer(new ModelError('/m/prm.json cannot be read.')));
    expect([failed.code, report(failed.out).error, report(failed.out).devices]).toEqual([2, '/m/prm.json cannot be read.', []]);
    expect((await run(['doctor'], {}, new FakeScorer(new ModelError('/m/prm.json cannot be read.')))).out).toContain(
      '/m/prm.json cannot be read.',
    );
  });

  it('refuses unknown devices and arguments', async () => {
    expect((await run(['doctor', '--device', 'tpu'])).err).toContain('--device must be one of auto, ');
    expect((await run(['doctor', 'x'])).code).toBe(2);
  });
});
