import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { escapeControls } from '../../server/cli/terminal.js';
import { run } from './runner.js';

/** Erases a line, sets the title, hides text, writes the clipboard, turns text around, and tags it invisibly. */
const hostile =
  '\u001b[2K\r\u001b]0;owned\u0007\u001b[8m\u009b31m\u001b]52;c;ZXZpbA==\u0007\u202etxet\u202c\u2066\u200f\u0000\u007f\u{e0041}\u2028.';
/** Characters that must never reach a terminal. The command's own styles are checked separately. */
const forbidden = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\u{e0000}-\u{e007f}]/u; // eslint-disable-line no-control-regex

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'steplens-terminal-'));
  const record = {
    question: `Q ${hostile}`,
    answer: hostile,
    response: 'x',
    steps_with_score: [
      { step: `S ${hostile}`, score: 0.1, num_mc_correct: 1, num_mc_total: 10 },
      { step: `T ${hostile}`, score: 0, num_mc_correct: 0, num_mc_total: 10 },
    ],
  };
  await writeFile(at('a.jsonl'), `${JSON.stringify(record)}\n{"${hostile.replaceAll('"', '')}`);
  await writeFile(at('\u001b[31mname\u202e.md'), '## Problem\n');
});
afterAll(() => rm(folder, { recursive: true }));

describe('output to a terminal', () => {
  it.each([
    ['score', 'a.jsonl'],
    ['score', 'a.jsonl', '--json'],
    ['score', '\u001b[31mname\u202e.md'],
    ['score', '\u001b]0;x\u0007missing'],
    ['evaluate', 'a.jsonl'],
    ['evaluate', 'a.jsonl', '--json'],
    ['export', 'a.jsonl', '--to', 'visualprm', '--out', '-'],
    ['export', 'a.jsonl', '--to', 'visualprm', '--explain'],
    ['export', 'a.jsonl', '--to', '\u001b[31m', '--out', '-'],
    ['\u001b[31m', 'x'],
  ])('has no control characters from files, names or arguments: steplens %s %s %s', async (command, file, ...rest) => {
    const { out, err } = await run([command, at(file), ...rest]);
    expect(out + err).not.toBe('');
    expect(out).not.toMatch(forbidden);
    expect(err).not.toMatch(forbidden);
  });

  it('keeps the values of strings in JSON', async () => {
    const { out } = await run(['export', at('a.jsonl'), '--to', 'visualprm', '--out', '-']);
    expect(JSON.stringify(JSON.parse(out.split('\n')[0]!))).toContain(JSON.stringify(hostile).slice(1, -1));
  });

  it('has no control characters but the colors of the command itself', async () => {
    const { out } = await run(['score', at('a.jsonl')], { isColorful: true });
    expect(out).toContain('\u001b[1m');
    expect(out.replaceAll(/\u001b\[(?:1;31|33|22|1|0)m/g, '')).not.toMatch(forbidden); // eslint-disable-line no-control-regex
  });
});

it('escapeControls escapes control characters as JSON does and leaves ordinary text unchanged', () => {
  expect(escapeControls('a\u001b[b\u{e0041}')).toBe('a\\u001b[b\\udb40\\udc41');
  for (const text of ['', 'tab\tand\nline', 'Größe 数学 😀 \u00a0\u0301']) expect(escapeControls(text)).toBe(text);
});
