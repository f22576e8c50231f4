import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import type { ProblemView } from '../../server/protocol/problemView.js';
import type { InitialView, SentView } from '../../webview/tree/protocol.js';
import { THEMES, type ThemeName } from './themes.js';

/** A call the panel made to its host. */
export interface Call {
  readonly name: string;
  readonly args: Record<string, unknown>;
}

/** What the fake host in the page keeps; it answers `open` and `select` with these views. */
export interface FakeHost {
  calls: Call[];
  violations: string[];
  views: SentView[];
  openError: string | null;
  /** Answers are kept back until `release` is called. */
  isHeld: boolean;
  release(): void;
  /** The view the panel was given last. */
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

const DIST = join(import.meta.dirname, '../../dist');
const NONCE = 'r4nd0mN0nce';
const STYLE_NONCE = 'an0therN0nce';
const TYPES: Readonly<Record<string, string>> = {
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.ttf': 'font/ttf',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};
const IMAGE =
  '<svg xmlns="http://www.w3.org/2000/svg" width="300" height="180"><rect width="300" height="180" fill="#fff"/><path d="M40 150 L150 20 L260 150 Z" fill="#cfe3ff" stroke="#234"/></svg>';

/** The panels' pages: bundle and title. */
const PAGES: Readonly<Record<string, readonly [bundle: string, title: string]>> = {
  '/': ['webview', 'Reasoning tree'],
  '/evaluation': ['evaluation', 'Evaluation'],
  '/review': ['review', 'Review'],
};

/** Serves the built panel as the extension's host page does: an empty body under the strict policy. */
export async function servePanel(): Promise<{ readonly url: string; readonly server: Server }> {
  if (!existsSync(join(DIST, 'webview.js'))) throw new Error('dist/webview.js is missing: run `npm run build` first.');
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
    const known = PAGES[path];
    if (known) {
      const [bundle, title] = known;
      const origin = `http://${request.headers.host}`;
      response.setHeader('content-type', 'text/html; charset=utf-8');
      response.setHeader(
        'content-security-policy',
        `default-src 'none'; script-src 'nonce-${NONCE}'; style-src ${origin} 'nonce-${STYLE_NONCE}'; font-src ${origin}; img-src ${origin} data:`,
      );
      response.end(
        `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${title}</title><meta property="csp-nonce" content="${STYLE_NONCE}"><link rel="icon" href="data:,"><link rel="stylesheet" href="codicon.css"><link rel="stylesheet" href="${bundle}.css"></head><body><script nonce="${NONCE}" src="${bundle}.js"></script></body></html>`,
      );
    } else if (path === '/figure.svg') {
      response.setHeader('content-type', 'image/svg+xml');
      response.end(IMAGE);
    } else {
      readFile(join(DIST, path)).then(
        (body) => response.setHeader('content-type', TYPES[extname(path)] ?? 'application/octet-stream').end(body),
        () => response.writeHead(404).end(),
      );
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}

const slowness = Math.max(1, Number(process.env['STEPLENS_CPU_THROTTLE'] ?? 1));

/** Slows the page's processor down by the factor in `STEPLENS_CPU_THROTTLE`, as on a slow or busy machine. */
export async function throttle(page: Page): Promise<void> {
  page.setDefaultTimeout(50_000 * slowness);
  if (slowness > 1) await (await page.context().newCDPSession(page)).send('Emulation.setCPUThrottlingRate', { rate: slowness });
}

export function launchChromium(...more: readonly string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...more,
    ],
  });
}

export interface PanelOptions {
  readonly views?: readonly InitialView[];
  readonly theme?: ThemeName;
  readonly width?: number;
  readonly height?: number;
  readonly openError?: string;
  /** Before the words of every rollout. */
  readonly rolloutText?: string;
  /** The host answers nothing before `fakeHost.release()`. */
  readonly isHeld?: boolean;
  readonly reducedMotion?: boolean;
}

export interface Panel {
  readonly page: Page;
  /** Console errors and warnings, page errors and refused resources so far. */
  readonly problems: string[];
  calls(name?: string): Promise<Call[]>;
  readonly emit: (name: string, data: unknown) => Promise<void>;
}

/** Opens the panel in a page of its own, in a theme, against a fake host that holds these views. */
export async function openPanel(browser: Browser, url: string, options: PanelOptions = {}): Promise<Panel> {
  const {
    views = [],
    theme = 'dark',
    width = 1100,
    height = 700,
    openError = null,
    rolloutText = '',
    isHeld = false,
    reducedMotion = true,
  } = options;
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: reducedMotion ? 'reduce' : 'no-preference' });
  const page = await context.newPage();
  await throttle(page);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  // Runners that keep function names (tsx) wrap them in a helper that the page does not have.
  await page.addInitScript('globalThis.__name = (fn) => fn');
  await page.addInitScript(installFakeHost, { views: views.map(sent), openError, rolloutText, isHeld, ...THEMES[theme] });
  await page.goto(url);
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
  readonly bodyClass: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Runs in the page before any of its scripts: the theme as VS Code sets it, and `acquireVsCodeApi`. */
function installFakeHost({ views, openError, rolloutText, isHeld, bodyClass, variables }: FakeHostOptions): void {
  const held: (() => void)[] = [];
  const release = () => {
    fake.isHeld = false;
    for (const send of held.splice(0)) send();
  };
  const fake: FakeHost = { calls: [], violations: [], views, openError, isHeld, release, shown: null, saves: 0, intervals: new Set() };
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
  document.addEventListener('securitypolicyviolation', (event) =>
    fake.violations.push(`${event.violatedDirective}: ${event.blockedURI} ${event.sample}`),
  );
  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    document.body.className = bodyClass;
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
  }).observe(document, { childList: true, subtree: true });
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

/** The box of an element in a drawing at rest; asked again while it is being drawn anew. */
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
