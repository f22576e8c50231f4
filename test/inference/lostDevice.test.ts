import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import type { FailurePlan } from './failingChild.js';
import { modelFolders, openScorer, temporaryFolder, tree } from './models.js';

const inferenceEntry = fileURLToPath(new URL('./failingChild.ts', import.meta.url));
const dawn =
  'onnxruntime/core/providers/webgpu/buffer_manager.cc:543 status == wgpu::MapAsyncStatus::Success was false. Failed to download data from buffer. wgpu::MapAsyncStatus value: 3, message: [Device] is lost.';
/** Runs of the warm-up: one as a whole, two for its two pieces. */
const warmups = 3;

async function openFailing(plan: Pick<FailurePlan, 'lives' | 'runs' | 'message'>) {
  const journal = join(await temporaryFolder(), 'journal');
  process.env['FAILING_CHILD'] = JSON.stringify({ ...plan, journal });
  const scorer = openScorer(modelFolders['hugging-face'], { device: 'webgpu', inferenceEntry });
  return { scorer, starts: () => readFileSync(journal, 'utf8').split('\n').length - 1 };
}

afterEach(() => {
  delete process.env['FAILING_CHILD'];
});

describe('a device that is lost in the middle of a run', () => {
  const job = tree(7);

  it('is opened again in another process, which continues the run where it stopped', async () => {
    const expected = await openScorer(modelFolders['hugging-face']).score(job);
    const { scorer, starts } = await openFailing({ lives: 1, runs: warmups + 3, message: dawn });
    const done: number[] = [];
    const { scores, skipped, tokens } = await scorer.score(job, { onProgress: (count) => done.push(count) });
    scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-6));
    expect(skipped.size).toBe(0);
    // Three scores were already known, so the second process ran only the remaining steps.
    expect(done).toEqual([...done].sort((a, b) => a - b));
    expect(tokens).toBeLessThan(expected.tokens);
    expect(starts()).toBe(2);
    expect((await scorer.describe()).device).toMatchObject({ provider: 'webgpu', passedOver: [] });
    expect(scorer.log.filter((line) => line.includes('lost'))).toEqual([
      expect.stringMatching(/^webgpu lost its device \(.*\[Device\] is lost\.\)\. It is opened again, and what was under way continues\.$/),
    ]);
  });

  it.each([dawn, undefined])('is no longer used when it is lost again: %s', async (message) => {
    const expected = await openScorer(modelFolders['hugging-face']).score(job);
    const { scorer, starts } = await openFailing({ lives: 9, runs: warmups + 2, ...(message !== undefined && { message }) });
    const { scores } = await scorer.score(job);
    scores.forEach((score, i) => expect(Math.abs(score - expected.scores[i]!)).toBeLessThan(1e-6));
    expect(starts()).toBe(3);
    const { device } = await scorer.describe();
    expect(device.provider).toBe('cpu');
    expect(device.passedOver).toEqual([
      {
        provider: 'webgpu',
        reason: expect.stringMatching(
          /^lost its device twice \(.*\); update its driver, or close what else uses it, and choose the device again$/,
        ) as string,
      },
    ]);
    expect(scorer.log.at(-1)).toMatch(/^webgpu lost its device twice .* Until then model\.onnx runs on another one\.$|^Inference process/);
    await scorer.score(tree(5), { ignoreCache: true });
    expect(starts()).toBe(3);
  });
});
