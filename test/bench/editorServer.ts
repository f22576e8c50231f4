import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-languageserver/node';
import { TestClient } from '../lsp/client.js';

/** The built server as VS Code starts it, over Node's channel, with an empty score cache. */
export interface EditorServer {
  readonly client: TestClient;
  /** Peak memory so far, in bytes; undefined on systems without /proc. */
  readonly peakMemory: () => number | undefined;
  /** Processor time so far, ms; undefined on systems without /proc. Other work on the machine does not change it. */
  readonly processorTime: () => number | undefined;
  readonly stop: () => Promise<void>;
}

export async function startEditorServer(): Promise<EditorServer> {
  const cacheFolder = await mkdtemp(join(tmpdir(), 'steplens-bench-'));
  const child = fork('dist/server.js', ['--node-ipc'], { execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const client = new TestClient(new IPCMessageReader(child), new IPCMessageWriter(child));
  await client.initialize({ cacheFolder });
  return {
    client,

    peakMemory() {
      if (process.platform !== 'linux') return undefined;
      const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1];
      return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
    },
    processorTime() {
      if (process.platform !== 'linux') return undefined;
      const [, fields = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ');
      const [user, system] = fields.split(' ').slice(11, 13).map(Number);
      // In hundredths of a second.
      return 10 * (user! + system!);
    },
    async stop() {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      await client.connection.sendRequest('shutdown');
      await client.connection.sendNotification('exit');
      await ended;
      client.connection.dispose();
      await rm(cacheFolder, { recursive: true, force: true });
    },
  };
}
