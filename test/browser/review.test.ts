import type { Page } from 'playwright-core';
import { afterEach, describe, expect, it } from 'vitest';
import type { ReviewState } from '../../webview/review/protocol.js';
import { axeFindings } from './axe.js';
import { pageSuite } from './panelSuite.js';
import { type OpenedReview, openReview } from './reviewPage.js';
import { THEMES, type ThemeName } from './themes.js';

const suite = pageSuite();
let opened: OpenedReview;
let page: Page;

afterEach(() => expect(opened.problems).toEqual([]));

const range = { start: { line: 4, character: 0 }, end: { line: 4, character: 20 } };
const state: ReviewState = {
  reviewer: 'Ada',
  at: 1,
  count: 12,
  judged: 1,
  mode: 'every-step',
  blind: false,
  kinds: ['arithmetic', 'logic'],
  reason: 'first low step',
  file: 'candidates.json',
  images: [],
  message: '',
  threshold: 0.5,
  step: {
    uri: 'file:///w/candidates.json',
    problem: 0,
    step: 2,
    question: 'How many apples are there?',
    answer: '7',
    images: [],
    prefix: ['There are 3 red apples.', 'There are 4 green ones.'],
    text: 'Together that is 3 + 4 = 8.',
    number: 3,
    rest: ['The answer is 8.'],
    range,
    evidence: {
      values: { prm: 0.12, mc: { value: 0.25, correct: 4, total: 16 } },
      posterior: 0.1,
      rollouts: [{ correct: false, steps: ['The answer is 8.'] }],
      alternatives: [{ text: 'Together that is 7.', values: { prm: 0.97 } }],
      labels: [{ id: '1', by: 'Grace', at: '2026-01-01T00:00:00Z', value: -1, kind: 'arithmetic' }],
    },
    own: null,
    stale: null,
  },
};

async function open(given: ReviewState, theme: ThemeName = 'dark'): Promise<void> {
  opened = await openReview(suite.browser, suite.url, given, theme);
  page = opened.page;
  await page.getByRole('main', { name: 'Review of steps' }).locator('*').first().waitFor();
}

describe.each(Object.keys(THEMES) as ThemeName[])('the review page in the theme %s', (theme) => {
  it('has no accessibility violation that axe finds', async () => {
    await open(state, theme);
    await page.getByText('Together that is 3 + 4 = 8.').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });
});

describe('the review page', () => {
  it('has the position, the step, the judgments and the evidence for screen readers', async () => {
    await open(state);
    const read = await page.getByRole('main').ariaSnapshot();
    const places = ['2 of 12', 'There are 3 red apples', 'Together that is 3 + 4 = 8', 'Wrong', 'Grace'].map((text) =>
      read.toLowerCase().indexOf(text.toLowerCase()),
    );
    for (const place of places) expect(place, `${places.join()}\n${read}`).toBeGreaterThanOrEqual(0);
    expect(await page.getByRole('status').first().textContent()).toContain('Step 3, 2 of 12');
  });

  it('shows why there is nothing to review', async () => {
    await open({ ...state, step: null, count: 0, at: 0, message: 'Nothing is left to review.' });
    await page.getByText('Nothing is left to review.').first().waitFor();
    expect(await axeFindings(page)).toEqual([]);
  });
});
