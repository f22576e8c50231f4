import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { startHost } from '../../scripts/vscodeHost.mjs';
import { goToLine, openFile, openWorkbench } from '../../scripts/workbench.mjs';
import { busyTime } from './busyTime.js';
import { startEditorServer } from './editorServer.js';
import { generatedCandidates } from './generatedCandidates.js';
import { median, type Row } from './row.js';

const PROBLEMS = 300;
const SOLUTIONS = 16;
const ROUNDS = 3;
const WORDS = 24;
/** Words between two longer pauses, in which the text is read, scored and marked again. */
const SENTENCE = 4;

const FILE = 'candidates.json';
/** One-based position where the words are typed: after the first word of a step in the middle. */
const [LINE, COLUMN] = [3_001, 24];

/** Measures the first mark in a large file of candidates, and typing there in VS Code with and without StepLens. */
export async function measure(): Promise<Row[]> {
  const text = generatedCandidates(PROBLEMS, SOLUTIONS);
  const size = `${PROBLEMS} problems with ${SOLUTIONS} solutions, ${(text.length / 1e6).toFixed(1)} MB`;
  const [cold, warm] = await firstMark(text);
  const folder = await mkdtemp(join(tmpdir(), 'steplens-typing-'));
  try {
    return [
      {
        name: 'candidate file: start of the server to the first mark',
        value: cold!,
        unit: 'ms',
        target: { most: 2_000 },
        note: `${size}, empty cache`,
      },
      { name: '... opening to the first mark, the server and its model running', value: warm!, unit: 'ms' },
      ...(await typingRows(folder, text)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures typing in the file with and without StepLens. */
async function typingRows(folder: string, text: string): Promise<Row[]> {
  const rounds: { readonly on: Typing; readonly off: Typing }[] = [];
  for (let round = 0; round < ROUNDS; round++)
    rounds.push({ on: await typeIn(folder, text, true), off: await typeIn(folder, text, false) });
  const on = rounds.flatMap((round) => round.on.keys);
  const off = rounds.flatMap((round) => round.off.keys);
  const busy = (state: 'on' | 'off') => median(rounds.map((round) => round[state].busy));
  const against = (share: number) => ({
    value: at(on, share),
    unit: 'ms',
    ratio: { to: 'without StepLens', value: at(on, share) / at(off, share) },
    target: { most: 1.3 },
  });
  return [
    {
      name: 'typing there: key to painted, median',
      ...against(0.5),
      note: 'in VS Code, reading, scoring and marking after each sentence included',
    },
    { name: '... 95th percentile', ...against(0.95), note: `6 x in the first version; ${on.length} keys, in words` },
    {
      name: "... the window's processor time, a word",
      value: busy('on'),
      unit: 'ms',
      ratio: { to: 'without StepLens', value: busy('on') / busy('off') },
      note: 'says more than the clock where others are at work',
    },
  ];
}

async function firstMark(text: string): Promise<number[]> {
  const cold: number[] = [];
  const warm: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    let start = performance.now();
    const { client, stop } = await startEditorServer();
    for (const [times, name] of [
      [cold, 'one'],
      [warm, 'two'],
    ] as const) {
      const uri = `file:///tmp/steplens-bench/${name}.json`;
      await client.open(uri, 'json', name === 'one' ? text : text.replaceAll('"question": "', '"question": "Now: '));
      await client.until(() => client.codes(uri).includes('first-low-step'));
      times.push(performance.now() - start);
      start = performance.now();
    }
    await stop();
  }
  return [median(cold), median(warm)];
}

interface Typing {
  /** Milliseconds from each key to the frame that shows it. */
  readonly keys: readonly number[];
  /** Milliseconds that the window's main thread was busy during a word and the pause after it. */
  readonly busy: number;
}

/** Types words into a step in the middle of the file. */
async function typeIn(folder: string, text: string, isOn: boolean): Promise<Typing> {
  // Restores the file: VS Code in a browser saves automatically, so earlier rounds have made the line longer.
  await writeFile(join(folder, FILE), text);
  const settings = { 'workbench.editorLargeFileConfirmation': 1_000 };
  const host = await startHost({ workspace: folder, settings, ...(isOn && { extensionDevelopmentPath: resolve('.') }) });
  const { page, close } = await openWorkbench(host.url);
  try {
    await openFile(page, FILE);
    if (isOn) await page.locator('.squiggly-warning').first().waitFor();
    await goToLine(page, LINE, COLUMN);
    await page.waitForTimeout(1_000);
    await page.evaluate(watchKeys);
    // Work that happens once, after the first edit, is not measured.
    await typeWord(page, 'a');
    await page.evaluate(() => ((window as unknown as Watched).keyTimes = []));
    const devtools = await page.context().newCDPSession(page);
    const before = await busyTime(devtools);
    for (let word = 1; word <= WORDS; word++) {
      await typeWord(page, 'thirds ');
      if (word % SENTENCE === 0) await page.waitForTimeout(900);
    }
    const busy = ((await busyTime(devtools)) - before) / WORDS;
    return { keys: await page.evaluate(() => (window as unknown as Watched).keyTimes), busy };
  } finally {
    await close();
    await host.stop();
  }
}

interface Watched {
  keyTimes: number[];
}

function watchKeys(): void {
  const watched = window as unknown as Watched;
  watched.keyTimes = [];
  const channel = new MessageChannel();
  const open: number[] = [];
  channel.port1.onmessage = () => {
    const now = performance.now();
    watched.keyTimes.push(...open.splice(0).map((time) => now - time));
  };
  window.addEventListener(
    'keydown',
    (event) => {
      requestAnimationFrame(() => {
        open.push(event.timeStamp);
        channel.port2.postMessage(null);
      });
    },
    true,
  );
}

/** Types a word at the speed of a fast typist, and waits while the editor's extensions react. */
async function typeWord(page: Page, word: string): Promise<void> {
  await page.keyboard.type(word, { delay: 70 });
  await page.waitForTimeout(300);
}

function at(times: readonly number[], share: number): number {
  const sorted = [...times].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))]!;
}
