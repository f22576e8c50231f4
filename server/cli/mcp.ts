import { ToolError, type ToolWorld } from '../tools/tool.js';
import { Workspace } from '../tools/workspace.js';
import { type CliCommand, exitCodes, UsageError } from './command.js';
import { deviceOption, parseOptions, threadsOption, thresholdOption } from './commandOptions.js';
import { allowedOrigins, serverHelp, serverOption } from './serverOption.js';

export const mcp: CliCommand = {
  name: 'mcp',
  summary: 'tools for agents: the Model Context Protocol on standard input and output',
  help: `Usage: steplens mcp --stdio [FOLDER...] [OPTIONS]

Serves read-only tools over the Model Context Protocol: list problems, read a problem, low steps,
explain a label and the training set, verify an answer, score a problem, evaluate a model. Only
files inside the folders (default: the current one) are read, and nothing is sent anywhere.

  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       device for the model (default: auto)
  --threads N      threads on the CPU
  --threshold X    a step below X in [0, 1] is low (default: 0.5)
  ${serverHelp}
`,
  async run(args, world) {
    const { values, positionals } = parseOptions(args, {
      stdio: { type: 'boolean', default: false },
      model: { type: 'string', default: '' },
      device: { type: 'string', default: 'auto' },
      threads: { type: 'string' },
      threshold: { type: 'string' },
      ...serverOption,
    });
    if (!values.stdio) throw new UsageError('mcp needs --stdio');
    const settings = { modelPath: values.model, device: deviceOption(values.device), threads: threadsOption(values.threads) };
    const threshold = thresholdOption(values.threshold);
    let scorer: ReturnType<typeof world.createScorer> | undefined;
    const verifier = world.openVerifier();
    try {
      const workspace = await Workspace.open(positionals.length === 0 ? ['.'] : positionals, threshold);
      // Imported here, because no other command needs the protocol.
      const { serveMcp } = await import('../tools/mcpServer.js');
      const score: ToolWorld['score'] = async (job, options) => {
        scorer ??= world.createScorer(settings, world.cacheFolder, allowedOrigins(values['allow-server']));
        const info = await scorer.describe(options.signal);
        return { info, result: await scorer.score(job, options) };
      };
      await serveMcp({ workspace, verifier, score }, world.version);
      return exitCodes.done;
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      world.err.write(`steplens: ${error.message}\n`);
      return exitCodes.unusable;
    } finally {
      await verifier.dispose();
      await scorer?.dispose();
    }
  },
};
