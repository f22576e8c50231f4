import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';

/** Where `npm run coverage` collects what processes ran; undefined: nobody asks. */
const folder = process.env['STEPLENS_COVERAGE'];
let written = 0;

/** Counts what the page's scripts run. To be called before they are loaded. */
export async function countLines(page: Page): Promise<void> {
  if (folder !== undefined) await page.coverage.startJSCoverage({ resetOnNavigation: false });
}

/** Closes a context, and writes what the built scripts in its pages ran as Node writes it of a process. */
export async function closeContext(context: BrowserContext, dist: string): Promise<void> {
  if (folder !== undefined) for (const page of context.pages()) await writeCounts(page, dist, join(folder, 'processes'));
  await context.close();
}

async function writeCounts(page: Page, dist: string, into: string): Promise<void> {
  for (const { url, scriptId, functions } of await page.coverage.stopJSCoverage()) {
    const path = join(dist, new URL(url).pathname);
    const data: unknown = await readFile(`${path}.map`, 'utf8').then(JSON.parse, () => undefined);
    if (data === undefined) continue;
    const file = pathToFileURL(path).href;
    const report = { result: [{ scriptId, url: file, functions }], 'source-map-cache': { [file]: { data } } };
    await writeFile(join(into, `page-${process.pid}-${written++}.json`), JSON.stringify(report));
  }
}
