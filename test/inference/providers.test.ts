import { describe, expect, it } from 'vitest';
import { type AdapterSources, adapterName } from '../../server/inference/adapter.js';
import type { Device } from '../../server/inference/protocol.js';
import { openModel } from '../../server/inference/providers.js';
import { type FakeProvider, fakeRuntime } from './fakeRuntime.js';

const request = (device: Device) => ({
  graphPath: 'model.onnx',
  device,
  threads: 1,
  warmup: Int32Array.from({ length: 40 }, (_, i) => i * 5),
  columns: Int32Array.of(0, 1),
});
const slowCpu: FakeProvider = { waitMs: 5 };

async function openWith(webgpu: FakeProvider, device: Device, cpu: FakeProvider = slowCpu) {
  const runtime = fakeRuntime({ cpu, webgpu });
  const { result, graph } = await openModel(runtime, request(device));
  expect(runtime.open, 'sessions left open').toBe(1);
  await graph.release();
  return { ...result.device, reason: result.device.passedOver.find(({ provider }) => provider === 'webgpu')?.reason };
}

describe('openModel', () => {
  it('uses a provider that agrees with the CPU and is no slower', async () => {
    const device = await openWith({}, 'auto');
    expect(device.provider).toBe('webgpu');
    expect(device.adapter).toBeTypeOf('string');
    expect(device.passedOver.every(({ reason }) => reason === 'not here')).toBe(true);
  });

  it.each(['auto', 'webgpu'] as const)('passes over a provider with wrong scores when the device is %s', async (device) => {
    const { provider, reason } = await openWith({ error: { by: 0.05, from: 0 } }, device);
    expect(provider).toBe('cpu');
    expect(reason).toMatch(/^its scores differ from the CPU's by 0\.01\d, more than 0\.001$/);
  });

  it('passes over a provider with wrong scores only late in the sequence, or with NaN', async () => {
    expect((await openWith({ error: { by: 0.05, from: 39 } }, 'auto')).reason).toContain('differ');
    expect((await openWith({ error: { by: NaN, from: 20 } }, 'webgpu')).reason).toContain('NaN');
    expect((await openWith({ error: { by: 1e-4, from: 0 } }, 'webgpu')).provider).toBe('webgpu');
  });

  it('also compares a head of one value', async () => {
    const runtime = fakeRuntime({ cpu: {}, webgpu: { error: { by: 0.5, from: 0 } } });
    const { result, graph } = await openModel(runtime, { ...request('webgpu'), columns: Int32Array.of(0) });
    await graph.release();
    expect(result.device.provider).toBe('cpu');
    expect(result.device.passedOver.at(-1)!.reason).toMatch(/^its scores differ from the CPU's by 0\.\d+, more than 0\.001$/);
  });

  it('closes every session of a model in three graphs that do not fit together', async () => {
    const runtime = fakeRuntime({ cpu: {} });
    const parts = { embeddingsPath: 'embed_tokens.onnx', visionPath: 'vision_encoder.onnx', imageToken: 7 };
    await expect(openModel(runtime, { ...request('cpu'), parts })).rejects.toThrow("the graph has no input 'inputs_embeds'");
    expect(runtime.open).toBe(0);
  });

  it('passes over a slower provider only when the device is auto', async () => {
    const { provider, reason } = await openWith({ waitMs: 60 }, 'auto', { waitMs: 3 });
    expect(provider).toBe('cpu');
    expect(reason).toMatch(/^agreed with the CPU but was [\d.]+x slower$/);
    expect((await openWith({ waitMs: 60 }, 'webgpu', { waitMs: 3 })).provider).toBe('webgpu');
    expect((await openWith({ waitMs: 20 }, 'auto', { waitMs: 8 })).reason).toMatch(/^agreed with the CPU but was [\d.]+x slower$/);
  });

  it.each<[FakeProvider, RegExp]>([
    [
      { createError: 'webgpu_context.cc:136 Failed to get a WebGPU adapter: No supported adapters' },
      /^no usable graphics adapter was found/,
    ],
    [{ createError: `${'x'.repeat(300)}\nmore` }, /^failed: x{240}\.\.\.$/],
    [{ runError: 'Program Gather requires f16' }, /^failed: Program Gather requires f16$/],
    [{ missing: 'not part of this build' }, /^not part of this build$/],
  ])('falls back to the CPU and reports why: %j', async (webgpu, reason) => {
    for (const device of ['auto', 'webgpu'] as const) {
      const chosen = await openWith(webgpu, device);
      expect(chosen.provider).toBe('cpu');
      expect(chosen.reason).toMatch(reason);
      expect(chosen.adapter).toBeUndefined();
    }
  });

  it('leaves out a provider that ended an earlier process, and announces each provider before it is tried', async () => {
    const tried: string[] = [];
    const avoid = [{ provider: 'webgpu', reason: 'crashed' }];
    const runtime = fakeRuntime({ cpu: slowCpu, webgpu: {} });
    const { result } = await openModel(runtime, { ...request('webgpu'), avoid }, (provider) => tried.push(provider));
    expect([result.device, tried]).toEqual([{ provider: 'cpu', passedOver: avoid }, []]);
    await openModel(runtime, request('webgpu'), (provider) => tried.push(provider));
    expect(tried).toEqual(['webgpu']);
  });

  it('tries no other provider when the device is cpu', async () => {
    const runtime = fakeRuntime({ cpu: {}, webgpu: {} });
    expect((await openModel(runtime, request('cpu'))).result.device).toEqual({ provider: 'cpu', passedOver: [] });
    expect(runtime.created).toEqual(['cpu']);
  });

  it.each<[FakeProvider, string]>([
    [{ looksAhead: true }, 'only causal models are supported'],
    [{ error: { by: NaN, from: 3 } }, "the graph's scores are not numbers (NaN)"],
    [{ dims: [1, 2] }, "the graph's output 'logits' is [1, 2] for 32 tokens"],
    [
      { inputs: [{ name: 'pixel_values', type: 'float32', shape: [1, 3, 448, 448] }] },
      "the graph has no input 'input_ids'; it has pixel_values (float32 [1, 3, 448, 448])",
    ],
    [
      { inputs: [{ name: 'input_ids', type: 'float32', shape: [1, 'S'] }] },
      "the graph's input input_ids (float32 [1, S]) is not int64 or int32",
    ],
    [
      {
        inputs: [
          { name: 'input_ids', type: 'int64', shape: [1, 'S'] },
          { name: 'token_type_ids', type: 'int64', shape: [1, 'S'] },
        ],
      },
      'the graph needs inputs that StepLens does not know: token_type_ids (int64 [1, S])',
    ],
  ])('refuses a graph it does not understand: %j', async (cpu, message) => {
    const runtime = fakeRuntime({ cpu });
    await expect(openModel(runtime, request('cpu'))).rejects.toThrow(message);
    expect(runtime.open).toBe(0);
  });
});

describe('adapterName', () => {
  const sources = (files: Record<string, string>, platform = 'linux', env = {}): AdapterSources => ({
    platform,
    env,
    read: (path) => files[path],
    list: (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((path) => path.startsWith(`${folder}/`))
          .map((path) => path.slice(folder.length + 1).split('/')[0]!),
      ),
    ],
    cpuModel: () => 'Apple M3',
  });
  const nvidia = { '/proc/driver/nvidia/gpus/0000:01:00.0/information': 'Model: \t\t NVIDIA H200\nIRQ: 1\n' };
  const card = (n: number) => ({
    [`/sys/class/drm/card${n}/device/vendor`]: '0x1002\n',
    [`/sys/class/drm/card${n}/device/device`]: '0x744c\n',
  });

  it('returns the name that the system reports, and undefined if it could mean two adapters', () => {
    expect(adapterName('cuda', sources(nvidia))).toBe('NVIDIA H200');
    expect(adapterName('webgpu', sources(card(0)))).toBe('AMD GPU 0x744c');
    expect(adapterName('webgpu', sources({ ...card(0), ...card(1) }))).toBeUndefined();
    expect(adapterName('webgpu', sources({}))).toBeUndefined();
    expect(adapterName('coreml', sources({}, 'darwin'))).toBe('Apple M3');
    expect(adapterName('dml', sources({}, 'win32'))).toBeUndefined();
    expect(adapterName('webgpu', sources(nvidia, 'linux', { VK_DRIVER_FILES: '/x/vk_swiftshader_icd.json' }))).toBe(
      'SwiftShader (software)',
    );
    expect(adapterName('webgpu', sources({}, 'linux', { VK_ICD_FILENAMES: '/x/radeon_icd.x86_64.json' }))).toBe(
      'Vulkan driver radeon_icd.x86_64',
    );
  });
});
