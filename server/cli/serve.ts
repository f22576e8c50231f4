import { once } from 'node:events';
import { ModelError } from '../models/modelError.js';
import { devices } from '../protocol/settingsTable.js';
import { wholeFrom } from '../reasoning/numberRange.js';
import { isLoopback } from '../remote/loopback.js';
import { openRewardServer, urlHost } from '../reward/rewardServer.js';
import { RewardService } from '../reward/rewardService.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';
import { deviceOption, numberOption, parseOptions, threadsOption } from './commandOptions.js';
import { allowedOrigins, serverHelp, serverOption } from './serverOption.js';

const defaultPort = 8099;

export const serveCommand: CliCommand = {
  name: 'serve',
  summary: 'reward endpoint for trainers',
  help: `Usage: steplens serve [OPTIONS]

Answers reward requests over HTTP until it is interrupted:

  POST /reward      {prompts, completions, mode, aggregation} as a TRL reward function has them
  POST /get_reward  {query, prompts} as OpenRLHF sends them
  POST /pooling     as vLLM's server for a PRM that pools by steps
  GET /watch        what rewards go along with: length, steps, repetition, place of a step

Options:

  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       ${devices.join(', ')} (default: auto)
  --threads N      threads on the CPU (default: half the cores, at most 4)
  --host H         address to listen on (default: 127.0.0.1, this machine alone)
  --port N         port (default: ${defaultPort}; 0 = any free one)
  ${serverHelp}

To serve other machines, set STEPLENS_SERVE_KEY to a key that every request must send.

Exit codes: 0 interrupted, 2 bad usage, or the model or the port cannot be used.
`,
  async run(args, world) {
    const options = readOptions(args, world);
    const scorer = world.createScorer(options, world.cacheFolder, options.servers);
    try {
      const { model, device } = await scorer.describe(world.signal);
      const log = (message: string) => world.err.write(`steplens: ${message}\n`);
      const server = await openRewardServer(new RewardService(scorer), { ...options, log });
      world.out.write(`${model} on ${device.provider} answers at ${server.url}\n`);
      if (!world.signal.aborted) await once(world.signal, 'abort');
      await server.close();
      return exitCodes.done;
    } catch (error) {
      if (world.signal.aborted) return exitCodes.done;
      const isPort = (error as NodeJS.ErrnoException).syscall === 'listen';
      if (!(error instanceof ModelError) && !isPort) throw error;
      world.err.write(`steplens: ${isPort ? `${options.host}:${options.port} cannot be listened on: ` : ''}${(error as Error).message}\n`);
      return exitCodes.unusable;
    } finally {
      await scorer.dispose();
    }
  },
};

/** 0 = any free port. */
const portRange = { ...wholeFrom(0, 65_535), words: 'a number from 0 to 65535' };

function readOptions(args: readonly string[], { env }: CliWorld) {
  const { values, positionals } = parseOptions(args, {
    model: { type: 'string', default: '' },
    device: { type: 'string', default: 'auto' },
    threads: { type: 'string' },
    host: { type: 'string', default: '127.0.0.1' },
    port: { type: 'string', default: String(defaultPort) },
    ...serverOption,
  });
  if (positionals.length > 0) throw new UsageError('serve takes options only');
  const port = numberOption('port', values.port, portRange);
  const origin = `http://${urlHost(values.host)}`;
  if (!URL.canParse(origin)) throw new UsageError(`--host is a name or an address, not "${values.host}"`);
  const key = env.STEPLENS_SERVE_KEY;
  if (!isLoopback(origin) && !key)
    throw new UsageError(
      `--host ${values.host} can be reached from other machines: set STEPLENS_SERVE_KEY to a key that requests must send`,
    );
  return {
    modelPath: values.model,
    device: deviceOption(values.device),
    threads: threadsOption(values.threads),
    host: values.host,
    port,
    ...(key && { key }),
    servers: allowedOrigins(values['allow-server']),
  };
}
