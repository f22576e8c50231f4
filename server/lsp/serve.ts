import { constants } from 'node:os';
import { type Connection, createConnection } from 'vscode-languageserver/node';
import { startServer } from './server.js';
import { createWorld } from './world.js';

/**
 * Serves the client that started this process, over `--stdio`, `--node-ipc` or `--socket=PORT` as its arguments name.
 * An error outside a request is logged and the server continues, because its documents are open in an editor.
 */
export function serve(): void {
  const connection = createConnection();
  process.on('uncaughtException', (error) => report(connection, error));
  process.on('unhandledRejection', (reason) => report(connection, reason));
  const stop = startServer(connection, createWorld());
  // Runs close their logs and release their claims; the inference process ends.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.once(signal, () => void stop().finally(() => process.exit(128 + constants.signals[signal])));
}

function report(connection: Connection, reason: unknown): void {
  const text = reason instanceof Error ? (reason.stack ?? reason.message) : String(reason);
  try {
    connection.console.error(text);
  } catch {
    // The client has disconnected, so the error cannot be reported.
  }
}
