import type { Browser, Page } from 'playwright-core';
import type { ReviewState } from '../../webview/review/protocol.js';
import { throttle } from './panelPage.js';
import { THEMES, type ThemeName } from './themes.js';

export interface ReviewPageOptions {
  readonly state: ReviewState;
  readonly theme?: ThemeName;
}

export interface OpenedReview {
  readonly page: Page;
  /** Console errors and warnings, page errors, refused resources and styles so far. */
  readonly problems: () => Promise<string[]>;
  /** Shows another state, as the host does after every judgment. */
  readonly show: (state: ReviewState) => Promise<void>;
}

/** Opens the built page of a review, in a theme, against a fake host that has one state. */
export async function openReview(browser: Browser, url: string, { state, theme = 'dark' }: ReviewPageOptions): Promise<OpenedReview> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, reducedMotion: 'reduce' });
  const page = await context.newPage();
  await throttle(page);
  const found: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && found.push(message.text()));
  page.on('pageerror', (failure) => found.push(failure.message));
  await page.addInitScript('globalThis.__name = (fn) => fn');
  await page.addInitScript(installHost, { state, ...THEMES[theme] });
  await page.goto(`${url}review`);
  return {
    page,
    problems: async () => [...found, ...(await page.evaluate(() => window.violations))],
    show: (next) => page.evaluate((data) => window.postMessage({ kind: 'event', name: 'state', data }), next),
  };
}

/** Runs in the page before any of its scripts. */
function installHost({
  state,
  bodyClass,
  variables,
}: {
  readonly state: ReviewState;
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}): void {
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective}: ${event.sample}`));
  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    document.body.className = bodyClass;
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
  }).observe(document, { childList: true, subtree: true });
  const api = {
    postMessage(frame: { kind: string; id: number; name: string }) {
      if (frame.kind !== 'call') return;
      setTimeout(() => window.postMessage({ kind: 'answer', id: frame.id, answer: { ok: frame.name === 'state' ? state : null } }));
    },
    getState: () => null,
    setState: () => undefined,
  };
  (window as unknown as Record<string, unknown>)['acquireVsCodeApi'] = () => api;
}
