import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openEvaluation } from '../../browser/evaluationPage.js';
import { atRest, launchChromium, openPanel, servePanel } from '../../browser/panelPage.js';
import { makeView } from '../../webview/trees.js';
import { done } from '../figures.js';

/** Each would do something if a page took it for more than text. Whatever runs calls `owned`. */
const texts = [
  '<img src=x onerror="owned()">',
  '<script>owned()</script>',
  '"><svg onload=owned()>',
  "'onmouseover='owned()",
  '<iframe srcdoc="<script>parent.owned()</script>"></iframe>',
  '<a href="javascript:owned()">click</a>',
  '<style>*{display:none!important}</style>',
  '<base href="https://example.invalid/">',
  '$\\href{javascript:owned()}{x}$ $\\url{javascript:owned()}$',
  '$\\htmlData{a=b}{x}$ $\\includegraphics{https://example.invalid/a.png}$',
  '<meta http-equiv="refresh" content="0;url=https://example.invalid/">',
  '<form action="https://example.invalid/"><button autofocus onfocus="owned()">',
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

/** Puts a text in the place of every text of a value, keeping numbers, flags and the words the protocol chooses from. */
function withText<T>(value: T, text: string, keys: ReadonlySet<string>, key = ''): T {
  if (typeof value === 'string') return (keys.has(key) ? `${text} ${value}` : value) as T;
  if (Array.isArray(value)) return value.map((one: unknown) => withText(one, text, keys, key)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, withText(one as unknown, text, keys, name)])) as T;
}

const free = new Set(['question', 'answer', 'text', 'file', 'title', 'name', 'message', 'model', 'id', 'label', 'image', 'reason']);

describe('a page under its content security policy', () => {
  it.each(texts)('shows %s in the tree panel as text', async (text) => {
    const view = withText(makeView({ nodes: 12 }), text, free);
    const { page, problems } = await openPanel(browser, url, { views: [{ view, images: [] }] });
    const requests: string[] = [];
    await page.exposeFunction('owned', () => requests.push('owned'));
    page.on('request', (request) => requests.push(request.url()));
    await atRest(page);
    await page.keyboard.press('Tab');
    const found = await page.evaluate(() => ({
      violations: window.fakeHost.violations,
      elements: document.querySelectorAll('script:not([nonce]), iframe, base, form, meta[http-equiv], a[href^="javascript"]').length,
      handlers: [...document.querySelectorAll('*')].filter((one) => one.getAttributeNames().some((name) => name.startsWith('on'))).length,
      text: document.body.textContent,
    }));
    expect({ ...found, text: undefined, requests: requests.filter((one) => !one.startsWith(url)), problems }).toEqual({
      violations: [],
      elements: 0,
      handlers: 0,
      text: undefined,
      requests: [],
      problems: [],
    });
    if (!text.startsWith('$')) expect(found.text).toContain(text);
    await page.context().close();
    done('pages', 1);
  });

  it('shows all of them in the evaluation panel as text', async () => {
    const { page, problems } = await openEvaluation(browser, url, { result: null, error: texts.join('\n') });
    const requests: string[] = [];
    await page.exposeFunction('owned', () => requests.push('owned'));
    await page.getByText(texts[0]!).first().waitFor({ state: 'attached' });
    const elements = await page.evaluate(
      () => document.querySelectorAll('script:not([nonce]), iframe, base, form, meta[http-equiv], a[href^="javascript"]').length,
    );
    expect([elements, requests, await problems()]).toEqual([0, [], []]);
    await page.context().close();
    done('pages', texts.length);
  });
});
