import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';
import { TreeViewRequest } from '../../server/protocol/labeling.js';
import { packFrame } from '../../webview/shared/wire.js';
import { openPanel } from '../browser/panelPage.js';
import { launchChromium, servePanel } from '../browser/themedPage.js';
import { busyTime } from './busyTime.js';
import { type EditorServer, startEditorServer } from './editorServer.js';
import { median, type Row } from './row.js';

const VIEWPORT = { width: 1200, height: 800 };
const ROUNDS = 3;
const EDITS = 5;

interface Times {
  /** Time from opening the file to its marks, ms. */
  readonly reading: number;
  /** Time from the command to the server's answer, ms. */
  readonly server: number;
  /** Time from the answer's arrival in the page to the frame that shows the tree, ms. */
  readonly page: number;
  readonly total: number;
  /** Time the page's process was busy, in ms. */
  readonly busy: number;
  /** Time the server was busy reading the file and answering, in ms. */
  readonly serverBusy: number | undefined;
  /** Peak memory of the server, in bytes. */
  readonly memory: number | undefined;
  /** Peak memory of the server after the edits, in bytes, and its processor time for reading an edit, in ms. */
  readonly editedMemory: number | undefined;
  readonly editBusy: number | undefined;
  readonly answer: number;
}

/** Measures the time from the command to the painted search tree, with the built server, and the panel in Chromium. */
export async function measure(): Promise<Row[]> {
  const rows: Row[] = [];
  let small: Times | undefined;
  for (const nodes of [200, 20_000]) {
    const text = generatedSearch({ nodes });
    const rounds: Times[] = [];
    for (let round = 0; round < ROUNDS; round++) rounds.push(await openOnce(text));
    const at = (key: 'reading' | 'server' | 'page' | 'total' | 'busy' | 'answer') => median(rounds.map((one) => one[key]));
    const known = (key: 'memory' | 'serverBusy' | 'editedMemory' | 'editBusy') =>
      rounds.some((one) => one[key] === undefined) ? null : median(rounds.map((one) => one[key]!));
    const megabytes = (key: 'memory' | 'editedMemory') => {
      const memory = known(key);
      return memory === null ? null : memory / 1e6;
    };
    const name = `tree of ${nodes.toLocaleString('en')} nodes`;
    const toSmall = small === undefined ? {} : { ratio: { to: '200 nodes', value: at('page') / small.page } };
    const isLarge = nodes > 200;
    rows.push(
      {
        name: `${name}: from the command to the tree on screen`,
        value: at('total'),
        unit: 'ms',
        target: { most: 3_000 },
        note: `${isLarge ? '19 to 27 s in the first version; ' : ''}${(text.length / 1e6).toFixed(1)} MB, median of ${ROUNDS}, the file is open`,
      },
      { name: '... until the server has answered', value: at('server'), unit: 'ms', note: `${(at('answer') / 1e6).toFixed(1)} MB of JSON` },
      { name: '... from the answer to the painted tree', value: at('page'), unit: 'ms', ...toSmall },
      { name: "... the page's processor time", value: at('busy'), unit: 'ms' },
      { name: '... before: from opening the file to its marks', value: at('reading'), unit: 'ms' },
      { name: "... the server's processor time for both, its start included", value: known('serverBusy'), unit: 'ms' },
      { name: "... the server's memory at its highest", value: megabytes('memory'), unit: 'MB', target: { most: 400 } },
      {
        name: "... an edit in a node: the server's processor time, to its marks",
        value: known('editBusy'),
        unit: 'ms',
        note: `${EDITS} nodes edited one after the other`,
      },
      { name: "... the server's memory at its highest, with them", value: megabytes('editedMemory'), unit: 'MB', target: { most: 400 } },
    );
    small ??= rounds[0]!;
  }
  return rows;
}

async function openOnce(text: string): Promise<Times> {
  const { url, server: pages } = await servePanel();
  const server = await startEditorServer();
  const browser = await launchChromium();
  try {
    const { page } = await openPanel(browser, url, VIEWPORT);
    await page.waitForSelector('.placeholder');
    const devtools = await page.context().newCDPSession(page);
    const uri = 'file:///tmp/steplens-bench/tree.json';
    const opened = performance.now();
    await server.client.open(uri, 'json', text);
    await server.client.until(() => server.client.diagnostics.has(uri));
    const start = performance.now();
    const { view, images, replay } = await server.client.ask(TreeViewRequest, { uri, problem: 0 });
    if (view === null) throw new Error('The generated tree has no view.');
    const frame = packFrame({ kind: 'event', name: 'viewChanged', data: { view, images, replay } });
    const answered = performance.now();
    const serverBusy = server.processorTime();
    const json = frame.kind === 'packed' ? new TextDecoder().decode(frame.json) : JSON.stringify(frame);
    await page.evaluate((data) => Object.assign(window, { benchFrame: new TextEncoder().encode(data).buffer }), json);
    const before = await busyTime(devtools);
    const shown = await page.evaluate(async () => {
      const { benchFrame } = window as unknown as { benchFrame: ArrayBuffer };
      const begin = performance.now();
      window.postMessage({ kind: 'packed', json: benchFrame });
      while (document.querySelector('.drawing[data-level]') === null) await new Promise(requestAnimationFrame);
      // A task that runs after the drawing frame: that frame has been painted.
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      return performance.now() - begin;
    });
    await page.locator('.drawing[data-rest="yes"]').waitFor({ state: 'attached' });
    const memory = server.peakMemory();
    const beforeEdits = server.processorTime();
    await editNodes(server, uri, text);
    const afterEdits = server.processorTime();
    return {
      reading: start - opened,
      server: answered - start,
      page: shown,
      total: answered - start + shown,
      busy: (await busyTime(devtools)) - before,
      serverBusy,
      memory,
      editedMemory: server.peakMemory(),
      editBusy: beforeEdits === undefined || afterEdits === undefined ? undefined : (afterEdits - beforeEdits) / EDITS,
      answer: json.length,
    };
  } finally {
    await browser.close();
    await server.stop();
    pages.close();
  }
}

/** Inserts a word into the first step of nodes across the tree, and waits for new marks after each edit. */
async function editNodes({ client }: EditorServer, uri: string, text: string): Promise<void> {
  const lines = text.split('\n');
  const steps = lines.flatMap((line, at) => (line.includes('"partial_solution": [') ? [at + 1] : []));
  for (let edit = 1; edit <= EDITS; edit++) {
    const line = steps[Math.floor((edit * steps.length) / (EDITS + 1))]!;
    const place = { line, character: lines[line]!.indexOf('"') + 1 };
    const version = await client.change(uri, { range: { start: place, end: place }, text: 'Well, ' });
    await client.until(() => client.diagnostics.get(uri)?.version === version);
  }
}
