import type { Browser, Locator, Page } from 'playwright-core';
import type { ProblemView } from '../../server/protocol/problemView.js';
import type { InitialView, SentView } from '../../webview/tree/protocol.js';
import { openThemedPage, type ThemedPage } from './themedPage.js';
import type { ThemeName } from './themes.js';

/** A call the panel made to its host. */
export interface Call {
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** State of the fake host in the page, which answers `open` and `select` with these views. */
export interface FakeHost {
  calls: Call[];
  views: SentView[];
  openError: string | null;
  /** Answers are kept back until `release` is called. */
  isHeld: boolean;
  release(): void;
  /** The last view sent to the panel. */
  shown: ProblemView | null;
  /** Times the panel stored its state. */
  saves: number;
  /** Timers that repeat and were not stopped. */
  intervals: Set<number>;
}

declare global {
  interface Window {
    fakeHost: FakeHost;
  }
}

export interface PanelOptions {
  readonly views?: readonly InitialView[];
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly openError?: string;
  /** A prefix for the text of every rollout. */
  readonly rolloutText?: string;
  /** The host answers nothing before `fakeHost.release()`. */
  readonly isHeld?: boolean;
  readonly reducedMotion?: boolean;
}

export interface Panel extends ThemedPage {
  calls(name?: string): Promise<Call[]>;
  readonly emit: (name: string, data: unknown) => Promise<void>;
}

/** Opens the panel in a page of its own, in a theme, against a fake host that holds these views. */
export async function openPanel(browser: Browser, url: string, options: PanelOptions = {}): Promise<Panel> {
  const { views = [], width = 1100, height = 700, openError = null, rolloutText = '', isHeld = false } = options;
  const given = { views: views.map(sent), openError, rolloutText, isHeld };
  const { page, problems } = await openThemedPage(browser, url, { ...options, width, height }, installFakeHost, given);
  return {
    page,
    problems,
    calls: (name) => page.evaluate((wanted) => window.fakeHost.calls.filter((call) => wanted === undefined || call.name === wanted), name),
    emit: (name, data) =>
      page.evaluate(([event, payload]) => window.postMessage({ kind: 'event', name: event, data: payload }), [
        name,
        name === 'viewChanged' ? sent(data as InitialView) : data,
      ] as const),
  };
}

/** A view as the server sends it. */
export function sent({ view, ...rest }: InitialView): SentView {
  return { ...rest, view: view === null ? null : JSON.stringify(view) };
}

interface FakeHostOptions {
  readonly views: SentView[];
  readonly openError: string | null;
  readonly rolloutText: string;
  readonly isHeld: boolean;
}

/** Runs in the page before any of its scripts. */
function installFakeHost({ views, openError, rolloutText, isHeld }: FakeHostOptions): void {
  const held: (() => void)[] = [];
  const release = () => {
    fake.isHeld = false;
    for (const send of held.splice(0)) send();
  };
  const fake: FakeHost = { calls: [], views, openError, isHeld, release, shown: null, saves: 0, intervals: new Set() };
  window.addEventListener('message', ({ data }: MessageEvent<{ kind: string; answer?: { ok?: unknown }; data?: unknown }>) => {
    const view = ((data.answer?.ok ?? data.data) as SentView | null | undefined)?.view;
    if (view !== undefined && view !== null) fake.shown = JSON.parse(view) as ProblemView;
  });
  const start = window.setInterval.bind(window);
  const stop = window.clearInterval.bind(window);
  window.setInterval = ((...args: Parameters<typeof start>) => {
    const id = start(...args);
    fake.intervals.add(id);
    return id;
  }) as typeof window.setInterval;
  window.clearInterval = (id) => {
    fake.intervals.delete(Number(id));
    stop(id);
  };
  window.fakeHost = fake;
  const answer = (frame: { name: string; args: Record<string, unknown> }) => {
    const empty = {
      view: null,
      images: [],
      empty: 'The file in the editor holds no reasoning that can be drawn. Open a solution file and run "Show Reasoning Tree".',
    };
    if (frame.name === 'open' && fake.openError !== null) return { err: { code: 'failed', message: fake.openError } };
    if (frame.name === 'open') {
      const state = frame.args['state'] as { problem: number } | null;
      return { ok: fake.views[state?.problem ?? 0] ?? empty };
    }
    if (frame.name === 'rollouts') {
      const groups = fake.shown?.nodes[frame.args['node'] as number]?.rollouts ?? [];
      const list = groups.flatMap(({ correct, answer, steps, count, distinct }) =>
        Array.from({ length: count }, (_, copy) => ({
          correct,
          ...(answer === undefined ? {} : { answer }),
          steps: Array.from({ length: steps }, (_, at) => `${rolloutText}Way ${copy % distinct}, step ${at + 1}: $x = ${at}$.`),
        })),
      );
      return { ok: list };
    }
    if (frame.name === 'select') return { ok: fake.views[frame.args['problem'] as number] ?? empty };
    return { ok: null };
  };
  const api = {
    postMessage(frame: { kind: string; id: number; name: string; args: Record<string, unknown> }) {
      if (frame.kind !== 'call') return;
      fake.calls.push({ name: frame.name, args: frame.args });
      const send = () => window.postMessage({ kind: 'answer', id: frame.id, answer: answer(frame) });
      if (fake.isHeld) held.push(send);
      else setTimeout(send);
    },
    getState: () => JSON.parse(sessionStorage.getItem('state') ?? 'null') as unknown,
    setState(state: unknown) {
      sessionStorage.setItem('state', JSON.stringify(state));
      fake.saves++;
    },
  };
  (window as unknown as Record<string, unknown>)['acquireVsCodeApi'] = () => api;
}

/** Resolves once the drawing is drawn and nothing in it moves any more. */
export async function atRest(page: Page): Promise<void> {
  await page.locator('.drawing[data-rest="yes"]').waitFor({ state: 'attached' });
}

/** Resolves after the next frame was drawn. */
export async function nextFrame(page: Page): Promise<void> {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
}

/** Returns the box of an element in a drawing at rest. Tries again while the drawing is being redrawn. */
export async function boxOf(
  locator: Locator,
): Promise<{ readonly x: number; readonly y: number; readonly width: number; readonly height: number }> {
  for (let tries = 0; tries < 50; tries++) {
    await atRest(locator.page());
    const box = await locator.boundingBox();
    if (box !== null) return box;
    await nextFrame(locator.page());
  }
  throw new Error(`${String(locator)} is not visible.`);
}
