import type { Browser, Page } from 'playwright-core';
import type { EvaluationResult } from '../../webview/evaluation/protocol.js';
import { throttle } from './panelPage.js';
import { THEMES, type ThemeName } from './themes.js';

/** What the fake host of the evaluation page keeps. */
interface FakeEvaluationHost {
  calls: { readonly name: string; readonly args: Record<string, unknown> }[];
  result: EvaluationResult | null;
  error: string | null;
  /** Ids of calls that were cancelled. */
  cancelled: number[];
}

export interface EvaluationPageOptions {
  /** null: the host does not answer until it is asked to. */
  readonly result: EvaluationResult | null;
  readonly error?: string;
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly reducedMotion?: boolean;
}

export interface OpenedEvaluation {
  readonly page: Page;
  /** Console errors and warnings, page errors, refused resources and styles so far. */
  readonly problems: () => Promise<string[]>;
  readonly calls: (name: string) => Promise<FakeEvaluationHost['calls']>;
  readonly emit: (name: string, data: unknown) => Promise<void>;
}

/** Opens the built page, in a theme, against a fake host that answers with one result. */
export async function openEvaluation(
  browser: Browser,
  url: string,
  { result, error, theme = 'dark', width = 1200, reducedMotion = true }: EvaluationPageOptions,
): Promise<OpenedEvaluation> {
  const context = await browser.newContext({ viewport: { width, height: 760 }, reducedMotion: reducedMotion ? 'reduce' : 'no-preference' });
  const page = await context.newPage();
  await throttle(page);
  const found: string[] = [];
  page.on('console', (message) => ['error', 'warning'].includes(message.type()) && found.push(message.text()));
  page.on('pageerror', (failure) => found.push(failure.message));
  await page.addInitScript('globalThis.__name = (fn) => fn');
  await page.addInitScript(installHost, { result, error: error ?? null, ...THEMES[theme] });
  await page.goto(`${url}evaluation`);
  return {
    page,
    problems: async () => [...found, ...(await page.evaluate(() => window.violations))],
    calls: (name) => page.evaluate((wanted) => window.fakeEvaluation.calls.filter((call) => call.name === wanted), name),
    emit: (name, data) =>
      page.evaluate(([event, payload]) => window.postMessage({ kind: 'event', name: event, data: payload }), [name, data] as const),
  };
}

declare global {
  interface Window {
    fakeEvaluation: FakeEvaluationHost;
    violations: string[];
  }
}

/** Runs in the page before any of its scripts. */
function installHost({
  result,
  error,
  bodyClass,
  variables,
}: {
  readonly result: EvaluationResult | null;
  readonly error: string | null;
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}): void {
  const fake: FakeEvaluationHost = { calls: [], result, error, cancelled: [] };
  window.fakeEvaluation = fake;
  window.violations = [];
  document.addEventListener('securitypolicyviolation', (event) => window.violations.push(`${event.violatedDirective}: ${event.sample}`));
  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    document.body.className = bodyClass;
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
  }).observe(document, { childList: true, subtree: true });
  const api = {
    postMessage(frame: { kind: string; id: number; name: string; args: Record<string, unknown> }) {
      if (frame.kind === 'cancel') fake.cancelled.push(frame.id);
      if (frame.kind !== 'call') return;
      fake.calls.push({ name: frame.name, args: frame.args });
      if (frame.name === 'evaluate' && fake.error !== null)
        setTimeout(() => window.postMessage({ kind: 'answer', id: frame.id, answer: { err: { code: 'failed', message: fake.error } } }));
      else if (frame.name !== 'evaluate' || fake.result !== null)
        setTimeout(() =>
          window.postMessage({ kind: 'answer', id: frame.id, answer: { ok: frame.name === 'evaluate' ? fake.result : null } }),
        );
    },
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') as unknown,
    setState: (state: unknown) => sessionStorage.setItem('state', JSON.stringify(state)),
  };
  (window as unknown as Record<string, unknown>)['acquireVsCodeApi'] = () => api;
}
