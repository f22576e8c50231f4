import type { Browser } from 'playwright-core';
import type { EvaluationResult } from '../../webview/evaluation/protocol.js';
import { openThemedPage, type ThemedPage } from './themedPage.js';
import type { ThemeName } from './themes.js';

/** State of the evaluation page's fake host. */
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
  readonly error?: string | null;
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly reducedMotion?: boolean;
}

export interface OpenedEvaluation extends ThemedPage {
  readonly calls: (name: string) => Promise<FakeEvaluationHost['calls']>;
  readonly emit: (name: string, data: unknown) => Promise<void>;
}

/** Opens the built page, in a theme, against a fake host that answers with one result. */
export async function openEvaluation(
  browser: Browser,
  url: string,
  { result, error = null, ...look }: EvaluationPageOptions,
): Promise<OpenedEvaluation> {
  const { page, problems } = await openThemedPage(browser, `${url}evaluation`, look, installHost, { result, error });
  return {
    page,
    problems,
    calls: (name) => page.evaluate((wanted) => window.fakeEvaluation.calls.filter((call) => call.name === wanted), name),
    emit: (name, data) =>
      page.evaluate(([event, payload]) => window.postMessage({ kind: 'event', name: event, data: payload }), [name, data] as const),
  };
}

declare global {
  interface Window {
    fakeEvaluation: FakeEvaluationHost;
  }
}

/** Runs in the page before any of its scripts. */
function installHost({ result, error }: { readonly result: EvaluationResult | null; readonly error: string | null }): void {
  const fake: FakeEvaluationHost = { calls: [], result, error, cancelled: [] };
  window.fakeEvaluation = fake;
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
