import { inspect } from 'node:util';
import { type LogOutputChannel, window } from 'vscode';

/** The output channel "StepLens": what the extension and its server did. Its level is VS Code's own. */
export function createLog(): LogOutputChannel {
  return window.createOutputChannel('StepLens', { log: true });
}

/** One line for a message to the user; stacks belong in the log. */
export function messageForUser(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : inspect(error, { depth: 3 });
}

/** Everything known about an error, for the log. */
export function detailsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error, { depth: 6 });
}
