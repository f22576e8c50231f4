import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import type { InitialView } from '../../webview/tree/protocol.js';
import { makeView } from '../webview/trees.js';
import { axeFindings } from './axe.js';
import { atRest, type PanelOptions } from './panelPage.js';
import { panelSuite } from './panelSuite.js';
import { THEMES, type ThemeName } from './themes.js';

const suite = panelSuite();

const failure = {
  message: 'The server answered 401: Invalid API key. Set the key with "StepLens: Set Server Key…".',
  url: 'http://127.0.0.1:8000/v1/chat/completions',
  status: 401,
  reply: '{"error":{"message":"Invalid API key <b>\\u0000</b>"}}',
};
/** The tree of a run that failed immediately: only the problem. */
const root = makeView({ nodes: 1 });
const lone: InitialView = { view: root, images: [], failure };

async function open(options: PanelOptions): Promise<Page> {
  return (await suite.open(options)).page;
}

const box = (page: Page) => page.getByRole('alert');

describe.each(Object.keys(THEMES) as ThemeName[])('a failed labeling run in the theme %s', (theme) => {
  it('shows cause, first reply and what to do instead of the tree, and axe finds no violation', async () => {
    const page = await open({ views: [lone], theme });
    await box(page).waitFor();
    const text = (await box(page).textContent())!;
    for (const part of ['Labeling failed', failure.message, 'status 401', failure.url, failure.reply]) expect(text).toContain(part);
    expect(await page.getByText(/no wrong rollout left|0\.00/).count()).toBe(0);
    expect(await axeFindings(page)).toEqual([]);
  });
});

describe('a failed labeling run', () => {
  it('is one alert with a heading for screen readers, and Tab reaches its buttons in order', async () => {
    const page = await open({ views: [lone] });
    await box(page).waitFor();
    expect(await box(page).ariaSnapshot()).toMatch(
      /alert:[\s\S]*heading "Labeling failed"[\s\S]*region "First reply"[\s\S]*button "Set Server Key[\s\S]*button "Retry/,
    );
    await page.getByLabel('Text of the reply').focus();
    const reached: string[] = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      reached.push((await page.evaluate(() => document.activeElement?.textContent))!.trim());
    }
    expect(reached).toEqual(['Set Server Key…', 'Retry', 'Try the Policy Once', 'Show Log']);
  });

  it('calls the host for each of its buttons, and disappears when the run starts again', async () => {
    const page = await open({ views: [lone] });
    for (const [name, call] of [
      ['Set Server Key…', 'setServerKey'],
      ['Retry the labeling', 'retryLabeling'],
      ['Try the policy once', 'tryPolicy'],
      ['Show Log', 'showLog'],
    ] as const) {
      await page.getByRole('button', { name }).click();
      await expect.poll(() => suite.panel.calls(call)).toHaveLength(1);
    }
    await suite.panel.emit('viewChanged', { view: root, images: [], labeling: { rollouts: 0, budget: 40 }, failure: null });
    await box(page).waitFor({ state: 'detached' });
  });

  it('lets the user see the tree so far, with the failure in a banner above it', async () => {
    const page = await open({ views: [{ view: makeView({ nodes: 12 }), images: [], failure }] });
    await page.getByRole('button', { name: 'Show the tree so far' }).click();
    await atRest(page);
    expect(await box(page).count()).toBe(0);
    expect(await page.locator('.banner').textContent()).toContain(failure.message);
    await page.getByRole('button', { name: 'Show why the labeling failed' }).click();
    await box(page).waitFor();
  });

  it('reports that nothing came back if there is neither a tree nor a reply', async () => {
    const page = await open({ views: [{ view: null, images: [], failure: { message: 'Nothing listens there.', url: failure.url } }] });
    expect(await box(page).textContent()).toContain('Nothing came back.');
  });
});

describe('a labeling run in progress', () => {
  it('shows that it begins while it has no event', async () => {
    const page = await open({ views: [{ view: null, images: [], labeling: { rollouts: 0 } }] });
    await page.getByText('The labeling begins').waitFor();
  });

  it('shows why it waits for its policy', async () => {
    const view = makeView({ nodes: 12 });
    const page = await open({ views: [{ view, images: [], labeling: { rollouts: 16, waiting: 'The server answered 503.' } }] });
    await atRest(page);
    expect(await page.locator('.banner').textContent()).toContain('The server answered 503.');
  });

  it('is followed but cannot be stopped if another process runs it', async () => {
    const page = await open({ views: [{ view: makeView({ nodes: 5 }), images: [], labeling: { rollouts: 16, isElsewhere: true } }] });
    await atRest(page);
    await page.locator('.replay-progress').getByText('Labeling in another process: 16 rollouts').waitFor();
    expect(await page.getByRole('button', { name: 'Stop labeling' }).count()).toBe(0);
    await suite.panel.emit('viewChanged', { view: makeView({ nodes: 9 }), images: [], labeling: { rollouts: 32, isElsewhere: true } });
    await page.locator('.replay-progress').getByText('Labeling in another process: 32 rollouts').waitFor();
    await expect.poll(() => page.locator('.drawing').getAttribute('data-nodes').then(Number)).toBeGreaterThan(1);
  });
});
