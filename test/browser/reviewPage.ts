import type { Browser } from 'playwright-core';
import type { ReviewState } from '../../webview/review/protocol.js';
import { openThemedPage, type ThemedPage } from './themedPage.js';
import type { ThemeName } from './themes.js';

export interface OpenedReview extends ThemedPage {
  /** Shows another state, as the host does after every judgment. */
  readonly show: (state: ReviewState) => Promise<void>;
}

/** Opens the built page of a review, in a theme, against a fake host that has one state. */
export async function openReview(browser: Browser, url: string, state: ReviewState, theme: ThemeName = 'dark'): Promise<OpenedReview> {
  const opened = await openThemedPage(browser, `${url}review`, { theme }, installHost, state);
  return {
    ...opened,
    show: (next) => opened.page.evaluate((data) => window.postMessage({ kind: 'event', name: 'state', data }), next),
  };
}

/** Runs in the page before any of its scripts. */
function installHost(state: ReviewState): void {
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
