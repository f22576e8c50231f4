import { inspect } from 'node:util';
import { type LogOutputChannel, window } from 'vscode';

/** Creates the output channel "StepLens" for the log of the extension and its server. VS Code sets its level. */
export function createLog(): LogOutputChannel {
  return window.createOutputChannel('StepLens', { log: true });
}

/** Returns one line for a message to the user; stacks belong in the log. */
export function messageForUser(error: unknown): string {
  return error instanceof Error ? error.message : typeof error === 'string' ? error : inspect(error, { depth: 3 });
}

/** Returns everything known about an error, for the log. */
export function detailsOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : inspect(error, { depth: 6 });
}
