import type { Server } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ReviewState } from '../../../webview/review/protocol.js';
import { openEvaluation } from '../../browser/evaluationPage.js';
import { atRest, boxOf, openPanel } from '../../browser/panelPage.js';
import { openReview } from '../../browser/reviewPage.js';
import { launchChromium, servePanel } from '../../browser/themedPage.js';
import { processBenchmark, resultOf, sampleCandidates } from '../../webview/evaluations.js';
import { makeReplay } from '../../webview/replays.js';
import { makeView } from '../../webview/trees.js';
import { done } from '../figures.js';

/** Texts that would have an effect if a page treated them as more than text. Code in them calls `owned`. */
const groups: readonly (readonly [first: string, ...others: string[]])[] = [
  [
    '<img src=x onerror="owned()">',
    '<script>owned()</script>',
    '"><svg onload=owned()>',
    "'onmouseover='owned()",
    '<a href="javascript:owned()">click</a>',
    '<math><mtext></form><form><mglyph><style></math><img src onerror=owned()>',
  ],
  [
    '<iframe srcdoc="<script>parent.owned()</script>"></iframe>',
    '<style>*{display:none!important}</style>',
    '<base href="https://example.invalid/">',
    '<meta http-equiv="refresh" content="0;url=https://example.invalid/">',
    '<form action="https://example.invalid/"><button autofocus onfocus="owned()">',
    '<object data="https://example.invalid/x.swf"><embed src="https://example.invalid/y">',
    '{{constructor.constructor("owned()")()}} ${owned()} `${owned()}`',
  ],
  [
    '$\\href{javascript:owned()}{x}$ $\\url{javascript:owned()}$',
    '$\\htmlData{a=b}{x}$ $\\includegraphics{https://example.invalid/a.png}$',
    '$\\htmlStyle{position:fixed;inset:0}{x}$ $\\text{<img src=x onerror=owned()>}$',
    '$\\def\\x{\\x\\x}\\x$ $\\kern{-9999em}\\raise{9999em}{x}$',
  ],
];

let server: Server;
let url: string;
let browser: Browser;
beforeAll(async () => {
  ({ server, url } = await servePanel());
  browser = await launchChromium();
});
afterAll(async () => {
  await browser.close();
  server.close();
});

/** Puts a text before every free text of a value. Numbers, flags and the protocol's fixed words do not change. */
function withText<T>(value: T, text: string, key = ''): T {
  if (typeof value === 'string') return (free.has(key) ? `${text} ${value}` : value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => withText(one, text, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const renamed = named.has(key);
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [renamed ? `${text} ${name}` : name, withText(one as unknown, text, name)]),
  ) as T;
}

/** Keys of texts that come from files, servers and people, in all views of all panels. */
const free = new Set([
  ...['question', 'answer', 'text', 'file', 'files', 'title', 'titles', 'name', 'message', 'model', 'id', 'label', 'image', 'reason', 'by'],
  ...['policy', 'why', 'device', 'thresholdOrigin', 'prefix', 'rest', 'steps', 'kinds', 'comment', 'reviewer'],
]);
/** Objects whose keys are texts of a file. */
const named = new Set(['bySource', 'byModel']);

type View = readonly [name: string, show: () => Promise<unknown>];

/** Shows each view of a page, and checks that no text runs code, loads a resource or adds an element. */
async function expectTexts(page: Page, problems: readonly string[], texts: readonly string[], views: readonly View[]) {
  const requests: string[] = [];
  await page.exposeFunction('owned', () => requests.push('owned'));
  page.on('request', (request) => requests.push(request.url()));
  for (const [name, show] of views) {
    await show();
    const found = await page.evaluate(() => ({
      elements: document.querySelectorAll(
        'script:not([nonce]), iframe, object, embed, base, form, mglyph, meta[http-equiv], a[href], img:not(.figure):not([src^="data:"]):not([src^="figure"])',
      ).length,
      handlers: [...document.querySelectorAll('*')].filter((one) => one.getAttributeNames().some((attribute) => attribute.startsWith('on')))
        .length,
    }));
    const loaded = requests.filter((one) => !one.startsWith(url));
    expect({ ...found, loaded, problems }, name).toEqual({ elements: 0, handlers: 0, loaded: [], problems: [] });
    done('pages', texts.length);
  }
}

/** Waits until the page shows a text exactly as it was written. */
const shown = (page: Page, text: string) => expect.poll(() => page.evaluate(() => document.body.textContent)).toContain(text);

describe.each(groups.map((group) => ({ first: group[0], group })))(
  'a page under its content security policy shows $first and similar texts as plain text',
  ({ group }) => {
    const text = group.join(' ');

    it('in every view of the tree panel', async () => {
      const view = withText(makeView({ nodes: 24 }), text);
      const { frames, undone } = makeReplay(view);
      const [begin, ...rest] = frames;
      const named = { ...begin!, event: { kind: 'begin', method: 'mcts', policy: text } as const };
      const replay = { frames: [named, ...rest], undone, continuation: { way: 'prefix', why: text } as const };
      const opened = await openPanel(browser, url, { views: [{ view, images: [], replay }], rolloutText: `${text} ` });
      const { page, emit, problems } = opened;
      const press = (key: string) => async () => {
        await page.getByRole('tree', { name: 'Reasoning tree' }).focus();
        await page.keyboard.press(key);
        await atRest(page);
      };
      await expectTexts(page, problems, group, [
        ['the tree', () => atRest(page)],
        ['the problem', press('Home')],
        [
          'a node and its rollouts',
          async () => {
            await emit('nodeSelected', { problem: 0, node: 3 });
            await page.locator('.rollout summary').first().click();
            if (!text.startsWith('$')) await shown(page, group[0]);
          },
        ],
        ['cards', async () => [await press('+')(), await press('+')(), await press('+')(), await press('+')()]],
        [
          'a tooltip',
          async () => {
            const { x, y } = await boxOf(page.locator('.node.selected .mark').first());
            await page.mouse.move(x + 3, y + 3);
            await page.locator('.tooltip').waitFor({ state: 'attached' });
          },
        ],
        ['the menu of a node', press('Shift+F10')],
        ['the search', async () => [await press('Escape')(), await press('/')(), await page.keyboard.type(group[0]), await atRest(page)]],
        ['the keys', async () => [await page.keyboard.press('Escape'), await press('?')()]],
        ['the subtree', async () => [await page.keyboard.press('Escape'), await press('s')()]],
        ['the statistics', () => page.locator('#tab-statistics').click()],
        [
          'the replay',
          async () => {
            await page.getByRole('button', { name: 'Replay the search' }).click();
            await page.getByRole('slider', { name: 'Event of the search' }).fill('1');
            await atRest(page);
          },
        ],
        ['a failure', async () => [await emit('viewFailed', { message: text }), await shown(page, group[0])]],
      ]);
      await page.context().close();
      const failed = await openPanel(browser, url, { openError: text });
      await expectTexts(failed.page, failed.problems, group, [['a tree that cannot be read', () => shown(failed.page, group[0])]]);
      await failed.page.context().close();
      const empty = await openPanel(browser, url, { views: [{ view: null, images: [], empty: text }] });
      await expectTexts(empty.page, empty.problems, group, [['nothing to draw', () => shown(empty.page, group[0])]]);
      await empty.page.context().close();
    });

    it('in every view of the evaluation', async () => {
      const line = withText(await sampleCandidates(), text);
      const notScored = [{ reason: text, steps: 3 }];
      const candidates = { ...line, scores: { ...line.scores, notScored } };
      const process = withText(await processBenchmark(), text);
      const fault = { uri: `file:///w/${encodeURIComponent(text)}.json`, message: text };
      const opened = await openEvaluation(browser, url, { result: { ...resultOf(candidates, process), faults: [fault] } });
      await expectTexts(opened.page, opened.problems, group, [
        ['the numbers', () => shown(opened.page, group[0])],
        ['the table', () => opened.page.getByRole('table').first().click()],
        ['an outdated file', () => opened.emit('outdated', { cause: 'file' })],
      ]);
      await opened.page.context().close();
      const none = await openEvaluation(browser, url, { result: { uris: [fault.uri], lines: [], faults: [fault] } });
      await expectTexts(none.page, none.problems, group, [['nothing to evaluate', () => shown(none.page, group[0])]]);
      await none.page.context().close();
      const running = await openEvaluation(browser, url, { result: null });
      await expectTexts(running.page, running.problems, group, [
        [
          'progress',
          async () => {
            await running.page.getByText('Reading the file').waitFor();
            await running.emit('progress', { uri: fault.uri, done: 2, total: 8 });
            await running.page.getByText('2 of 8 steps scored').waitFor();
          },
        ],
      ]);
      await running.page.context().close();
      const failed = await openEvaluation(browser, url, { result: null, error: text });
      await expectTexts(failed.page, failed.problems, group, [['a failure', () => shown(failed.page, group[0])]]);
      await failed.page.context().close();
    });

    it('in every mode of the review', async () => {
      const state = withText({ ...reviewed, step: { ...reviewed.step!, own: { ...label, by: 'Ben', kind: text } } }, text);
      const { page, problems, show } = await openReview(browser, url, state);
      const step = state.step;
      const heading = (words: string) => () => page.getByText(words).first().waitFor();
      await expectTexts(page, problems, group, [
        ['a step with its evidence', async () => [await heading('Rollouts from here')(), await shown(page, group[0])]],
        [
          'a blind review',
          async () => [await show({ ...state, blind: true, step: { ...step, evidence: null } }), await heading('Blind review')()],
        ],
        ['the first error', async () => [await show({ ...state, mode: 'first-error' }), await heading('First error')()]],
        [
          'a stale label',
          async () => [await show({ ...state, step: { ...step, own: null, stale: step.own } }), await heading('an older text')()],
        ],
        ['an empty queue', async () => [await show({ ...state, step: null, message: text }), await page.locator('p.empty').waitFor()]],
      ]);
      await page.context().close();
    });
  },
);

const place = { uri: 'file:///w/a.json', problem: 0, step: 1 };
const range = { start: { line: 1, character: 0 }, end: { line: 1, character: 5 } };
const label = { id: '1', by: 'Ada', at: '2026-01-01T00:00:00Z', value: -1, kind: 'logic', comment: 'no' } as const;
const reviewed: ReviewState = {
  reviewer: 'Ben',
  at: 0,
  count: 3,
  judged: 1,
  mode: 'every-step',
  blind: false,
  kinds: ['arithmetic', 'logic'],
  reason: 'first low step',
  file: 'a.json',
  images: [],
  message: '',
  threshold: 0.5,
  step: {
    ...place,
    question: 'How many?',
    answer: '4',
    images: [],
    prefix: ['First.'],
    text: 'Second.',
    number: 2,
    rest: ['Third.'],
    range,
    evidence: {
      values: { mc: { value: 0.25, correct: 4, total: 16 }, prm: 0.3, judge: 0.1 },
      posterior: 0.2,
      rollouts: [
        { correct: true, steps: ['So 4.'] },
        { correct: false, steps: ['So 5.'] },
      ],
      alternatives: [{ text: 'Other.', values: { prm: 0.9 } }],
      labels: [label],
    },
    own: null,
    stale: null,
  },
};
