import { parseArgs } from 'node:util';
import { type CliCommand, UsageError } from './command.js';

export const lsp: CliCommand = {
  name: 'lsp',
  summary: 'the language server, for any editor',
  help: `Usage: steplens lsp --stdio

Serves the Language Server Protocol on standard input and output. Settings go into
"initializationOptions" of the client: {"settings": {"threshold": 0.4, ...}}; the README lists them.
A model whose profile names a server is scored there only when its origin is among them, too:
{"allowedServers": ["https://gpu-box:8000"], ...}.
`,
  run(args, world) {
    let stdio: boolean | undefined;
    try {
      ({ stdio } = parseArgs({ args: [...args], options: { stdio: { type: 'boolean' } } }).values);
    } catch (error) {
      throw new UsageError((error as Error).message);
    }
    if (!stdio) throw new UsageError('lsp needs --stdio');
    world.serve();
    return Promise.resolve(undefined);
  },
};
