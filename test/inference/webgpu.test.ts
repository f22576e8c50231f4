/** WebGPU without a GPU: SwiftShader, a software Vulkan device that comes with Chromium. Checks correctness, not speed. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hungryModel } from './hungryModel.js';
import { chain, copyModel, modelFolders, openScorer, tree } from './models.js';

const driver = process.env['STEPLENS_SWIFTSHADER'] ?? '/usr/lib/chromium/vk_swiftshader_icd.json';
const changed = ['VK_DRIVER_FILES', 'XDG_RUNTIME_DIR', 'LD_LIBRARY_PATH'];
const before = new Map(changed.map((name) => [name, process.env[name]]));
const runtimeFolder = mkdtempSync(join(tmpdir(), 'xdg-'));

beforeAll(() => {
  if (!existsSync(driver))
    throw new Error(
      `${driver} is missing: install Chromium (Debian: apt-get install chromium), or set STEPLENS_SWIFTSHADER to its vk_swiftshader_icd.json.`,
    );
  process.env['XDG_RUNTIME_DIR'] = runtimeFolder;
  // The Vulkan loader, libvulkan.so.1, is beside the driver.
  process.env['LD_LIBRARY_PATH'] = [dirname(driver), before.get('LD_LIBRARY_PATH')].filter(Boolean).join(':');
});
afterAll(() => {
  for (const [name, value] of before)
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  rmSync(runtimeFolder, { recursive: true });
});

describe.each(Object.entries(modelFolders))('WebGPU with cache layout %s', (_layout, folder) => {
  it('agrees with the CPU for a chain and for a tree with shared prefixes', async () => {
    process.env['VK_DRIVER_FILES'] = driver;
    const gpu = openScorer(folder, { device: 'webgpu' });
    expect((await gpu.describe()).device).toEqual({ provider: 'webgpu', adapter: 'SwiftShader (software)', passedOver: [] });
    const cpu = openScorer(folder);
    for (const job of [chain(2), tree(3)]) {
      const [expected, { scores }] = [await cpu.score(job), await gpu.score(job)];
      scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-3));
    }
  });
});

describe('WebGPU with too little memory', () => {
  it('runs smaller pieces, and reports it', async () => {
    process.env['VK_DRIVER_FILES'] = driver;
    const folder = modelFolders['hugging-face'];
    // 4 GiB is four times SwiftShader's buffer limit. The CPU does not need so much, because its runs here are shorter.
    const copy = await copyModel(folder, { files: { 'model.onnx': await hungryModel(join(folder, 'model.onnx'), 150, 2 ** 32) } });
    const days = Array.from({ length: 8 }, (_, day) => `On day ${day} there are ${4 + day} + 1 = ${5 + day} apples.`).join(' ');
    const job = { question: 'How many apples are there?', images: [], steps: [{ text: days }, { text: 'So there are 13.', parent: 0 }] };
    const [gpu, expected] = [openScorer(copy, { device: 'webgpu' }), await openScorer(folder).score(job)];
    const { scores } = await gpu.score(job);
    scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-3));
    expect((await gpu.describe()).device).toMatchObject({
      provider: 'webgpu',
      passedOver: [],
      note: expect.stringMatching(/^at most \d+ tokens at a time$/) as string,
    });
    expect(gpu.log.some((line) => line.startsWith('The memory of webgpu is small for model.onnx'))).toBe(true);
  });
});

describe('the choice of a device', () => {
  const folder = modelFolders['hugging-face'];

  it('passes over a GPU that is slower than the CPU when the device is auto, and logs it', async () => {
    process.env['VK_DRIVER_FILES'] = driver;
    const scorer = openScorer(folder, { device: 'auto' });
    const { device } = await scorer.describe();
    expect(device.provider).toBe('cpu');
    expect(device.passedOver.find(({ provider }) => provider === 'webgpu')?.reason).toMatch(/^agreed with the CPU but was \d+x slower$/);
    expect(device.passedOver.find(({ provider }) => provider === 'cuda')?.reason).toContain('onnxruntime_providers_cuda');
    expect(scorer.log.some((line) => line.startsWith('webgpu was passed over: agreed'))).toBe(true);
  });

  it.each(['auto', 'webgpu'] as const)('uses the CPU if there is no adapter and the device is %s', async (device) => {
    process.env['VK_DRIVER_FILES'] = join(runtimeFolder, 'none.json');
    const scorer = openScorer(folder, { device });
    const info = await scorer.describe();
    expect(info.device.provider).toBe('cpu');
    expect(info.device.passedOver.find(({ provider }) => provider === 'webgpu')?.reason).toMatch(/^no usable graphics adapter was found/);
    expect((await scorer.score(chain(2))).skipped.size).toBe(0);
  });

  it("falls back from a device that is not part of this platform's runtime", async () => {
    const missing = process.platform === 'win32' ? 'coreml' : 'dml';
    const { device } = await openScorer(folder, { device: missing }).describe();
    expect(device).toEqual({
      provider: 'cpu',
      passedOver: [{ provider: missing, reason: `not part of ONNX Runtime for ${process.platform}-${process.arch}` }],
    });
  });
});
