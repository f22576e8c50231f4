import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createMessageConnection, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { median, type Row } from './row.js';

interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly { readonly code?: string | number }[];
}

const solution = 'media/samples/solutions/wrong.md';

/** The bundled server over stdio, as an editor starts it, with an empty score cache. */
async function startServer() {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  const child = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  const connection = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  const listeners = new Set<(published: Published) => void>();
  connection.onNotification('textDocument/publishDiagnostics', (published: Published) => listeners.forEach((listener) => listener(published)));
  connection.onRequest('workspace/configuration', () => []);
  connection.onRequest('window/workDoneProgress/create', () => null);
  connection.onRequest('client/registerCapability', () => null);
  connection.onRequest('workspace/inlayHint/refresh', () => null);
  connection.onRequest('workspace/codeLens/refresh', () => null);
  connection.listen();
  const settings = { modelPath: '', device: 'cpu', threads: 0, threshold: null, scoreOnOpen: true, diagnostics: true, inlayHints: true, codeLens: true };
  await connection.sendRequest('initialize', {
    processId: process.pid,
    rootUri: null,
    capabilities: {},
    initializationOptions: { cacheFolder, isTrusted: true, settings },
  });
  await connection.sendNotification('initialized', {});

  return {
    connection,
    /** Resolves when the diagnostics of this version tell a first low step. */
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

/** Cold start of the server to the first mark; an edit of the last step, and of the question, to the marks that follow. */
export async function measure(): Promise<Row[]> {
  const text = await readFile(solution, 'utf8');
  const uri = pathToFileURL(resolve(solution)).href;
  const cold: number[] = [];
  const lastStep: number[] = [];
  const question: number[] = [];
  for (let round = 0; round < 5; round++) {
    let start = performance.now();
    const server = await startServer();
    const marked = server.lowStep(uri, 1);
    await server.connection.sendNotification('textDocument/didOpen', { textDocument: { uri, languageId: 'markdown', version: 1, text } });
    await marked;
    cold.push(performance.now() - start);

    const edits = [
      { times: lastStep, text: `${text.trimEnd()} So it is.\n` },
      { times: question, text: text.replace(/(Question|Problem)(\W+)/, '$1$2Now: ') },
    ];
    for (const [i, edit] of edits.entries()) {
      if (edit.text === text) throw new Error(`${solution} was not changed by the edit.`);
      start = performance.now();
      const refreshed = server.lowStep(uri, i + 2);
      await server.connection.sendNotification('textDocument/didChange', { textDocument: { uri, version: i + 2 }, contentChanges: [{ text: edit.text }] });
      await refreshed;
      edit.times.push(performance.now() - start);
    }
    await server.stop();
  }
  const whole = median(question);
  return [
    { name: 'cold start of the server to the first low step marked', value: median(cold), unit: 'ms', note: `${solution}, empty cache, 5 starts` },
    { name: 'edit of the question to refreshed marks (all steps scored again)', value: whole, unit: 'ms', note: 'with the pause of 250 ms after typing' },
    { name: 'edit of the last step to refreshed marks', value: median(lastStep), unit: 'ms', ratio: { to: 'all steps', value: median(lastStep) / whole }, note: 'with the same pause' },
  ];
}
