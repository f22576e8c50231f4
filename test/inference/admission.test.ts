import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { allowedDifference, disagreement, toSample } from '../../server/inference/admission.js';
import { type CudaSources, missingCuda } from '../../server/inference/cudaLibraries.js';
import type { LoadRequest } from '../../server/inference/protocol.js';
import { openModel } from '../../server/inference/providers.js';
import { loadRuntime, type Runtime } from '../../server/inference/runtime.js';
import { modelFolders } from './models.js';

const sample = (...odds: number[]) =>
  toSample({ values: Float32Array.from(odds.flatMap((value) => [value, 0])), width: 2 }, Int32Array.of(0, 1));

describe('the comparison of a device with the CPU', () => {
  const cpu = [-3, -1.5, -0.4, 0.1, 0.7, 1.2, 2.5, 4, -2, 0.3];

  it('accepts differences within the tolerance of the precision, and rejects larger ones', () => {
    const half = cpu.map((value, i) => value + (i % 2 ? 0.03 : -0.03));
    expect(disagreement(sample(...cpu), sample(...half), allowedDifference('cuda', true))).toBeUndefined();
    expect(disagreement(sample(...cpu), sample(...half), allowedDifference('webgpu', false))).toMatch(
      /^its scores differ from the CPU's by 0\.007\d, more than 0\.001$/,
    );
    expect(disagreement(sample(...cpu), sample(...cpu.map((value) => value + 0.2)), allowedDifference('cuda', true))).toContain(
      'more than 0.02',
    );
  });

  it('gives CUDA the tolerance of half precision unless TF32 is turned off', () => {
    expect(allowedDifference('cuda', false, { NVIDIA_TF32_OVERRIDE: '0' })).toBe(allowedDifference('webgpu', false, {}));
    expect(allowedDifference('cuda', false, {})).toBe(allowedDifference('cuda', true, { NVIDIA_TF32_OVERRIDE: '0' }));
  });

  it('rejects a device that ranks tokens differently, even if all scores are nearly 1', () => {
    const sure = cpu.map((value) => value + 14);
    const shuffled = [...sure].reverse();
    const difference = Math.max(...sample(...sure).shares.map((share, i) => Math.abs(share - sample(...shuffled).shares[i]!)));
    expect(difference).toBeLessThan(1e-3);
    expect(disagreement(sample(...sure), sample(...shuffled), 0.02)).toMatch(
      /^it orders tokens otherwise than the CPU does \(rank correlation -?0\.\d+\)$/,
    );
    expect(disagreement(sample(...sure), sample(...sure.map((value) => value + 0.01)), 0.02)).toBeUndefined();
  });
});

describe('a model too large for the memory of the CPU', () => {
  /** The CPU replaces WebGPU here, and `change` modifies its outputs. */
  async function small(change: (values: Float32Array) => void): Promise<{ runtime: Runtime; sizes: number[] }> {
    const real = await loadRuntime();
    const sizes: number[] = [];
    const runtime: Runtime = {
      version: 'test',
      missing: (provider) => (provider === 'webgpu' ? undefined : 'not here'),
      freeMemory: () => 1000,
      async createSession(graph, provider, threads) {
        const session = await real.createSession(graph, 'cpu', threads);
        if (provider === 'cpu') sizes.push(session.outputs.length);
        if (provider === 'cpu') return session;
        return {
          ...session,
          async run(feeds, fetches) {
            const outputs = await session.run(feeds, fetches);
            for (const { data, type } of Object.values(outputs)) if (type === 'float32') change(data as Float32Array);
            return outputs;
          },
        };
      },
    };
    return { runtime, sizes };
  }
  const request = (layout: 'hugging-face' | 'token-major'): LoadRequest => ({
    graphPath: join(modelFolders[layout], 'model.onnx'),
    device: 'auto',
    threads: 1,
    warmup: Int32Array.from({ length: 40 }, (_, i) => 5 + (i % 90)),
    columns: Int32Array.of(1, 2),
  });

  it.each(['hugging-face', 'token-major'] as const)('is compared with the CPU in its first layers only: %s', async (layout) => {
    const { runtime, sizes } = await small(() => undefined);
    const { result, graph } = await openModel(runtime, request(layout));
    await graph.release();
    expect(result.device.provider).toBe('webgpu');
    expect(result.device.note).toMatch(
      /^compared with the CPU in its first layers alone, because the whole model needs \S+ GiB of memory there$/,
    );
    // Keys and values of one layer, and no other session on the CPU.
    expect(sizes).toEqual([2]);
  });

  it('still runs on the CPU if the device gives wrong results', async () => {
    const { runtime } = await small((values) => values.forEach((value, i) => (values[i] = i % 3 ? value : -value)));
    const { result, graph } = await openModel(runtime, request('hugging-face'));
    await graph.release();
    expect(result.device.provider).toBe('cpu');
    expect(result.device.passedOver.at(-1)!.reason).toMatch(/^present\.1\.\w+ of its first layers differs from the CPU's by \d+ %$/);
  });
});

describe('missingCuda', () => {
  const own = (names: readonly string[]) => new Set(names.map((name) => join('/ort', name)));
  const both = own(['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so']);
  const sources = (change: Partial<CudaSources> & { files?: Set<string> } = {}): CudaSources => ({
    platform: 'linux',
    exists: (path) => (change.files ?? both).has(path),
    read: () => 'NVRM version: NVIDIA UNIX x86_64 Kernel Module  580.95.05  Tue Sep 23\n',
    linked: () => '\tlibcudart.so.13 => /usr/lib/libcudart.so.13 (0x1)\n\tlibc.so.6 => /lib/libc.so.6 (0x1)\n',
    ...change,
  });

  it.each<[string, CudaSources, RegExp | undefined]>([
    ['nothing', sources(), undefined],
    [
      "ONNX Runtime's libraries",
      sources({ files: own(['libonnxruntime_providers_cuda.so']) }),
      /^libonnxruntime_providers_shared\.so is not beside the runtime \(to fetch: node ".*cli\.js" doctor --install-cuda\)$/,
    ],
    ['both of them', sources({ files: new Set() }), /^libonnxruntime_providers_shared\.so and libonnxruntime_providers_cuda\.so are not/],
    [
      'a driver that is too old',
      sources({ read: () => 'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  535.183.01  Release Build\n' }),
      /^the NVIDIA driver is 535\.183\.01; CUDA 13 needs 580 or newer/,
    ],
    [
      'the driver',
      sources({ read: () => undefined, linked: () => '\tlibcuda.so.1 => not found\n' }),
      /^libcuda\.so\.1 was not found: the NVIDIA driver is not installed/,
    ],
    [
      'CUDA libraries',
      sources({ linked: () => '\tlibcublasLt.so.13 => not found\n\tlibcublas.so.13 => not found\n\tlibm.so.6 => /lib/libm.so.6 (0x1)\n' }),
      /^libcublasLt\.so\.13, libcublas\.so\.13 were not found; install CUDA 13's libraries .*LD_LIBRARY_PATH$/,
    ],
    ['a system without ldd', sources({ linked: () => undefined }), undefined],
    ['a Mac', sources({ platform: 'darwin' }), /not available on macOS/],
  ])('names what CUDA lacks, or returns undefined if it finds nothing: %s', (_, given, message) => {
    const reason = missingCuda('/ort', given);
    if (message) expect(reason).toMatch(message);
    else expect(reason).toBeUndefined();
  });
});
