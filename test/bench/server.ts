import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { editPauseMs } from '../../server/protocol/status.js';
import { median, type Row } from './row.js';

interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly { readonly code?: string | number }[];
}

const solution = 'media/samples/solutions/wrong.md';
const candidates = 'media/samples/candidates.json';

/** The bundled server over stdio, as an editor starts it, with an empty score cache. */
async function startServer() {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  const child = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  const listeners = new Set<(published: Published) => void>();
  connection.onNotification('textDocument/publishDiagnostics', (published: Published) =>
    listeners.forEach((listener) => listener(published)),
  );
  connection.onRequest('workspace/configuration', () => []);
  connection.onRequest('window/workDoneProgress/create', () => null);
  connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('workspace/inlayHint/refresh', () => null);
  connection.onRequest('workspace/codeLens/refresh', () => null);
  connection.listen();
  const settings = {
    modelPath: '',
    device: 'cpu',
    threads: 0,
    threshold: null,
    scoreOnOpen: true,
    diagnostics: true,
    inlayHints: true,
    codeLens: true,
  };
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    initializationOptions: { cacheFolder, isTrusted: true, settings },
  });
  await connection.sendNotification('initialized', {});

  return {
    connection,
    /** Resolves when the diagnostics of this version show a first low step. */
    lowStep: (uri: string, version: number) =>
      new Promise<void>((done, fail) => {
        const timer = setTimeout(() => fail(new Error(`No first low step in ${uri} within a minute.`)), 60_000);
        const listener = (published: Published): void => {
          if (published.uri !== uri || published.version !== version) return;
          if (!published.diagnostics.some((diagnostic) => diagnostic.code === 'first-low-step')) return;
          clearTimeout(timer);
          listeners.delete(listener);
          done();
        };
        listeners.add(listener);
      }),
    async stop() {
      await connection.sendRequest('shutdown');
      await connection.sendNotification('exit');
      connection.dispose();
      await new Promise((done) => (child.exitCode === null ? child.once('exit', done) : done(undefined)));
      await rm(cacheFolder, { recursive: true, force: true });
    },
  };
}

/** Milliseconds from the start of the server to the first low step marked, with an empty score cache. */
export async function coldStart(): Promise<number> {
  const start = performance.now();
  const server = await startServer();
  await open(server, solution, 'markdown');
  const ms = performance.now() - start;
  await server.stop();
  return ms;
}

/** Measures the time from cold start to first mark, and from an edit (one last step, every question) to new marks. */
export async function measure(): Promise<Row[]> {
  const cold: number[] = [];
  const lastStep: number[] = [];
  const everything: number[] = [];
  for (let round = 0; round < 5; round++) {
    let start = performance.now();
    const server = await startServer();
    await open(server, solution, 'markdown');
    cold.push(performance.now() - start);

    const { uri, text } = await open(server, candidates, 'json');
    const last = text.lastIndexOf('The answer is');
    const edits = [
      { times: lastStep, text: `${text.slice(0, last)}So the${text.slice(last + 3)}` },
      { times: everything, text: text.replaceAll('"question": "', '"question": "Now: ') },
    ];
    for (const [i, edit] of edits.entries()) {
      if (edit.text === text) throw new Error(`${candidates} was not changed by the edit.`);
      start = performance.now();
      const refreshed = server.lowStep(uri, i + 2);
      await server.connection.sendNotification('textDocument/didChange', {
        textDocument: { uri, version: i + 2 },
        contentChanges: [{ text: edit.text }],
      });
      await refreshed;
      await server.connection.sendRequest('steplens/scoreDocument', { uri });
      edit.times.push(performance.now() - start - editPauseMs);
    }
    await server.stop();
  }
  const [edit, whole] = [median(lastStep), median(everything)];
  const note = `${candidates}, after the pause of ${editPauseMs} ms that follows typing`;
  return [
    {
      name: 'cold start of the server to the first low step marked',
      value: median(cold),
      unit: 'ms',
      note: `${solution}, empty cache, 5 starts`,
    },
    { name: 'edit of every question to refreshed marks (all scored again)', value: whole, unit: 'ms', note },
    {
      name: 'edit of one last step to refreshed marks',
      value: edit,
      unit: 'ms',
      ratio: { to: 'all scored again', value: edit / whole },
      note,
    },
  ];
}

/** Opens a file and waits until its first low step is marked and everything is scored. */
async function open(
  server: Awaited<ReturnType<typeof startServer>>,
  file: string,
  languageId: string,
): Promise<{ uri: string; text: string }> {
  const text = await readFile(file, 'utf8');
  const uri = pathToFileURL(resolve(file)).href;
  const marked = server.lowStep(uri, 1);
  await server.connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId, version: 1, text } });
  await marked;
  if (file !== solution) await server.connection.sendRequest('steplens/scoreDocument', { uri });
  return { uri, text };
}
