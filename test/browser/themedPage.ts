import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { countLines } from './pageCoverage.js';
import { THEMES, type ThemeName } from './themes.js';

/** The built pages. */
export const DIST = join(import.meta.dirname, '../../dist');
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

export interface ThemedPage {
  readonly page: Page;
  /** Console errors and warnings, page errors, refused resources and styles so far. */
  readonly problems: string[];
}

/**
 * Opens one of the panels' pages as VS Code shows it: in a theme, and with a host.
 * @param host Runs in the page before any of its scripts, and sets `acquireVsCodeApi`.
 * @param options Passed to `host`.
 */
export async function openThemedPage<T>(
  browser: Browser,
  address: string,
  look: { readonly theme?: ThemeName; readonly width?: number; readonly height?: number; readonly reducedMotion?: boolean },
  host: (options: T) => void,
  options: T,
): Promise<ThemedPage> {
  const { theme = 'dark', width = 1200, height = 760, reducedMotion = true } = look;
  const context = await browser.newContext({ viewport: { width, height }, reducedMotion: reducedMotion ? 'reduce' : 'no-preference' });
  const page = await context.newPage();
  await throttle(page);
  await countLines(page);
  const problems: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`exception: ${error.message}`));
  // Runners that keep function names (tsx) wrap functions in a helper that the page does not have.
  await page.addInitScript('globalThis.__name = (fn) => fn');
  await page.addInitScript(dress, THEMES[theme]);
  // Playwright's own type unwraps handles in the argument; these options have none.
  await page.addInitScript(host as (given: unknown) => void, options);
  await page.goto(address);
  return { page, problems };
}

/** Sets the theme as VS Code does, and reports an error for everything that the page's policy refuses. */
function dress({ bodyClass, variables }: (typeof THEMES)[ThemeName]): void {
  document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) =>
    reportError(new Error(`refused: ${violatedDirective} ${blockedURI} ${sample}`)),
  );
  new MutationObserver((_, observer) => {
    if (document.body === null) return;
    observer.disconnect();
    document.body.className = bodyClass;
    for (const [name, value] of Object.entries(variables)) document.documentElement.style.setProperty(name, value);
  }).observe(document, { childList: true, subtree: true });
}
