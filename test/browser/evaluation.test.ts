import { describe, expect, it } from 'vitest';
import { manyCandidates, processBenchmark, resultOf, sampleCandidates } from '../webview/evaluations.js';
import { axeFindings } from './axe.js';
import { type EvaluationPageOptions, type OpenedEvaluation, openEvaluation } from './evaluationPage.js';
import { pageSuite } from './panelSuite.js';
import { THEMES, type ThemeName } from './themes.js';

const suite = pageSuite();
const open = (options: EvaluationPageOptions): Promise<OpenedEvaluation> => openEvaluation(suite.browser, suite.url, options);

describe('the evaluation page for Best-of-N', () => {
  it('draws curves with bands, toggles a curve, shows the accuracy at any N, and keeps both after a reload', async () => {
    const line = await sampleCandidates();
    const { page, problems, calls } = await open({ result: resultOf(line) });
    const curves = page.locator('.chart g.line');
    await expect.poll(() => curves.count()).toBe(6);
    expect(await page.locator('.chart path.band').count()).toBe(6);
    const toggle = page.getByRole('button', { name: 'PRM mean odds' });
    expect(await toggle.getAttribute('aria-pressed')).toBe('false');
    await toggle.click();
    await expect.poll(() => curves.count()).toBe(7);
    expect(await toggle.getAttribute('aria-pressed')).toBe('true');

    const slider = page.getByRole('slider', { name: 'Number of candidates N' });
    await slider.focus();
    expect(await slider.getAttribute('aria-valuenow')).toBe('16');
    await page.keyboard.press('Home');
    await page.keyboard.press('ArrowRight');
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('2');
    const row = page.getByRole('row', { name: /self-consistency/ });
    const expected = (line.accuracy.selfConsistency[1]!.value! * 100).toFixed(1);
    await expect.poll(() => row.getByRole('cell').first().textContent()).toBe(expected);
    expect(await slider.getAttribute('aria-valuetext')).toContain(`self-consistency ${expected} %`);
    expect(await page.locator('.readout:visible').textContent()).toContain('N = 2');

    await page.getByRole('button', { name: 'Copy table as Markdown' }).click();
    await expect.poll(async () => (await calls('copy'))[0]?.args['text']).toContain(`| self-consistency | ${expected} |`);
    await page.getByRole('button', { name: /^Save JSON/ }).click();
    await expect.poll(() => calls('saveJson')).toHaveLength(1);
    await page.reload();
    await expect.poll(() => curves.count(), { message: 'what was shown comes back' }).toBe(7);
    await expect.poll(() => slider.getAttribute('aria-valuenow')).toBe('2');
    expect(problems).toEqual([]);
  });

  it.each([1, 64])('draws the chart for %i candidates per problem', async (size) => {
    const { page, problems } = await open({ result: resultOf(await manyCandidates(size)) });
    await expect.poll(() => page.locator('.chart path.marker:visible').count()).toBeGreaterThanOrEqual(6);
    const broken = await page
      .locator('.chart svg:visible')
      .evaluate((svg) => [...svg.querySelectorAll('*')].some((one) => [...one.attributes].some(({ value }) => value.includes('NaN'))));
    expect(broken).toBe(false);
    expect(problems).toEqual([]);
  });
});

describe('the evaluation page for a process benchmark', () => {
  it('marks the best threshold and the one in use, and sends the threshold that the user chooses', async () => {
    const line = await processBenchmark();
    const { page, calls, emit, problems } = await open({ result: resultOf(line) });
    await expect
      .poll(() => page.locator('.chart .mark text').allTextContents())
      .toEqual([
        `in use 0.50`,
        `best ${line.best.firstErrorF1!.threshold.toFixed(2)}: ${(line.best.firstErrorF1!.value * 100).toFixed(1)} %`,
      ]);
    await expect.poll(() => page.getByRole('row', { name: /^source math/ }).count()).toBe(1);
    await page.getByRole('button', { name: 'Go to the best threshold' }).click();
    await page.getByRole('button', { name: /^Use this threshold/ }).click();
    await expect.poll(() => calls('useThreshold')).toHaveLength(1);
    const [call] = await calls('useThreshold');
    expect(call!.args['threshold']).toBeCloseTo(line.best.firstErrorF1!.threshold, 1);
    await emit('outdated', { cause: 'threshold' });
    await expect.poll(() => calls('evaluate')).toHaveLength(2);
    await emit('outdated', { cause: 'file' });
    await expect.poll(() => page.getByText('The file has changed since.').count()).toBe(1);
    expect(await calls('evaluate')).toHaveLength(2);
    expect(problems).toEqual([]);
  });
});

describe('the evaluation page', () => {
  it('shows progress but no numbers while it scores, and cancels on request', async () => {
    const { page, emit } = await open({ result: null });
    await page.getByText('Reading the file').waitFor();
    await emit('progress', { uri: 'file:///w/a.jsonl', done: 20, total: 80 });
    await page.getByText('a.jsonl: 20 of 80 steps scored').waitFor();
    expect(await page.locator('.numbers:visible').count()).toBe(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('heading', { name: 'Cancelled' }).waitFor();
    expect(await page.evaluate(() => window.fakeEvaluation.cancelled)).toEqual([1]);
  });

  it('shows why there is nothing to evaluate, or the error with a button to evaluate again', async () => {
    const empty = await open({
      result: {
        uris: ['file:///w/tree.json'],
        lines: [],
        faults: [{ uri: 'file:///w/tree.json', message: 'there is nothing to evaluate in it' }],
      },
    });
    await empty.page.getByText('tree.json: there is nothing to evaluate in it').waitFor();
    const failed = await open({ result: null, error: 'The model folder is missing.' });
    await failed.page.getByText('The model folder is missing.').waitFor();
    await failed.page.getByRole('button', { name: 'Evaluate again' }).click();
    await expect.poll(() => failed.calls('evaluate')).toHaveLength(2);
  });
});

describe.each(Object.keys(THEMES) as ThemeName[])('the evaluation page in the theme %s', (theme) => {
  it('has no accessibility violation that axe finds', async () => {
    for (const result of [resultOf(await sampleCandidates(), await processBenchmark()), resultOf(await processBenchmark())]) {
      const { page } = await open({ result, theme });
      await page.locator('.chart path.curve:visible').first().waitFor();
      expect(await axeFindings(page)).toEqual([]);
    }
  });
});
