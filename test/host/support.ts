import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  commands,
  type Diagnostic,
  extensions,
  type Hover,
  languages,
  type MarkdownString,
  type Position,
  type TextDocument,
  Uri,
  window,
  workspace,
} from 'vscode';
import type { Api } from '../../extension/extension.js';

/** Factor by which the window is slowed down (see CONTRIBUTING.md). Timeouts are multiplied by it. */
export const slowness = Math.max(1, Number(process.env['STEPLENS_CPU_THROTTLE'] ?? 1));

/** Waits until `read` returns a value other than undefined or false. Fails with `what` after the timeout. */
export async function until<T>(
  what: string,
  read: () => T | undefined | false | Promise<T | undefined | false>,
  timeoutMs = 60_000 * slowness,
): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await read();
    if (value !== undefined && value !== false) return value;
    assert.ok(Date.now() < end, `Waited ${timeoutMs} ms for ${what}.`);
    await sleep(100);
  }
}

export async function api(): Promise<Api> {
  const extension = extensions.getExtension<Api>('steplens.steplens');
  assert.ok(extension, 'The extension is not installed.');
  return extension.activate();
}

export function fixture(name: string): Uri {
  const [folder] = workspace.workspaceFolders ?? [];
  assert.ok(folder, 'No folder is open.');
  return Uri.joinPath(folder.uri, name);
}

export async function show(uri: Uri): Promise<TextDocument> {
  const document = await workspace.openTextDocument(uri);
  await window.showTextDocument(document, { preview: false });
  return document;
}

export function ours(uri: Uri): Diagnostic[] {
  return languages.getDiagnostics(uri).filter(({ source }) => source === 'StepLens');
}

export function codeOf({ code }: Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}

/** Opens a document and waits until its low steps are marked. */
export async function showMarked(uri: Uri): Promise<TextDocument> {
  const document = await show(uri);
  await until(`a first low step in ${uri.path}`, () => ours(uri).some((one) => codeOf(one) === 'first-low-step'));
  return document;
}

export async function closeAll(): Promise<void> {
  await commands.executeCommand('workbench.action.revertAndCloseActiveEditor');
  await commands.executeCommand('workbench.action.closeAllEditors');
}

/** The language servers of this extension host, by process id. */
export async function servers(): Promise<number[]> {
  return (await processes())
    .filter(({ parent, command }) => parent === process.pid && /dist[\\/]server\.js/.test(command))
    .map(({ pid }) => pid);
}

/** The inference processes of this host's servers. */
export async function inferences(): Promise<number[]> {
  const own = await servers();
  return (await processes())
    .filter(({ parent, command }) => own.includes(parent) && /dist[\\/]inference\.js/.test(command))
    .map(({ pid }) => pid);
}

interface Running {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Returns all processes. Reads /proc on Linux, because a bare container has no `ps`. */
async function processes(): Promise<Running[]> {
  if (process.platform === 'linux')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((name) => readProcess(Number(name)));
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,command=']);
  return [...stdout.matchAll(/^\s*(\d+)\s+(\d+)\s+(.*)$/gm)].map(([, pid, parent, command]) => ({
    pid: Number(pid),
    parent: Number(parent),
    command: command ?? '',
  }));
}

function readProcess(pid: number): Running[] {
  try {
    const parent = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];
    return [{ pid, parent: Number(parent), command: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
  } catch {
    // The process has ended meanwhile.
    return [];
  }
}

/** Returns the text of all hovers at a position, as Markdown. */
export async function hoverText(uri: Uri, position: Position): Promise<string> {
  const hovers = await commands.executeCommand<Hover[]>('vscode.executeHoverProvider', uri, position);
  return hovers
    .flatMap(({ contents }) => contents)
    .map((one) => (one as MarkdownString).value)
    .join('\n');
}
