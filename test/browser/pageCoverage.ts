import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BrowserContext, Page } from 'playwright-core';

/** The folder in which `npm run coverage` collects the coverage of processes; undefined in other runs. */
const folder = process.env['STEPLENS_COVERAGE'];
let written = 0;

/** Starts coverage of the page's scripts. Must be called before they are loaded. */
export async function countLines(page: Page): Promise<void> {
  if (folder !== undefined) await page.coverage.startJSCoverage({ resetOnNavigation: false });
}

/** Closes a context and writes the coverage of the built scripts in its pages, in Node's format for a process. */
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
