import type { Server } from 'node:http';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { closeContext } from './pageCoverage.js';
import { openPanel, type Panel, type PanelOptions } from './panelPage.js';
import { DIST, launchChromium, servePanel } from './themedPage.js';

/** A browser and the server of the panels' pages, for all tests of a file. */
export interface PageSuite {
  readonly browser: Browser;
  /** URL of the tree's page, ending in `/`. The other pages are below it. */
  readonly url: string;
}

/** Starts the suite's browser and server. Call it once at the top of a file, and use the result only inside tests. */
export function pageSuite(): PageSuite {
  let browser: Browser | undefined;
  let served: { readonly url: string; readonly server: Server } | undefined;
  beforeAll(async () => {
    served = await servePanel();
    browser = await launchChromium();
  });
  // A throttled page costs processor time as long as it is open.
  afterEach(async () => {
    for (const context of browser?.contexts() ?? []) await closeContext(context, DIST);
  });
  afterAll(async () => {
    await browser?.close();
    served?.server.close();
  });
  return {
    get browser() {
      if (browser === undefined) throw new Error('the browser opens before the first test');
      return browser;
    },
    get url() {
      if (served === undefined) throw new Error('the server starts before the first test');
      return served.url;
    },
  };
}

export interface PanelSuite {
  /** The panel that the test opened last. */
  readonly panel: Panel;
  open(options: PanelOptions): Promise<Panel>;
}

/** A suite for the tree panel. A test fails if it causes an error, a warning or a refused resource. */
export function panelSuite(): PanelSuite {
  const suite = pageSuite();
  let opened: Panel | undefined;
  afterEach(async () => {
    if (opened === undefined) return;
    const { page, problems } = opened;
    opened = undefined;
    await closeContext(page.context(), DIST);
    expect(problems).toEqual([]);
  });
  return {
    get panel() {
      if (opened === undefined) throw new Error('this test has opened no panel');
      return opened;
    },
    async open(options) {
      return (opened = await openPanel(suite.browser, suite.url, options));
    },
  };
}
