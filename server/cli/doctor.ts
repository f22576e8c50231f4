import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { type MachineFacts, machineFacts, providerNames } from '../inference/machine.js';
import { ModelError } from '../models/modelError.js';
import { devices } from '../protocol/settingsTable.js';
import type { ScorerInfo } from '../scoring/scorer.js';
import { type CliCommand, type CliWorld, exitCodes, UsageError } from './command.js';

export const doctor: CliCommand = {
  name: 'doctor',
  summary: 'devices, libraries and versions: what would be used, and why not the rest',
  help: `Usage: steplens doctor [OPTIONS]

Loads a model as scoring would, and says which device it runs on and why the others were passed over.

  --model DIR      folder of a model with its prm.json (default: the bundled model)
  --device D       ${devices.join(', ')} (default: auto)
  --json           one JSON object
  --install-cuda   fetch ONNX Runtime's CUDA libraries (about 400 MB) and put them beside the runtime

Exit codes: 0 the model runs, 1 it runs, but not on the device that was asked for, 2 it does not run, or bad usage.
`,
  async run(args, world) {
    const options = readOptions(args);
    if (options.installCuda) return installCuda(world);
    const scorer = world.createScorer({ modelPath: options.model, device: options.device, threads: 0 }, undefined, []);
    try {
      const info = await scorer.describe(world.signal).catch((error: unknown) => {
        if (error instanceof ModelError) return error;
        throw error;
      });
      const report = diagnose(world.version, machineFacts(), info, options.device);
      world.out.write(options.json ? `${JSON.stringify(report)}\n` : reportText(report));
      if (info instanceof ModelError) return exitCodes.unusable;
      return options.device === 'auto' || options.device === info.device.provider ? exitCodes.done : exitCodes.findings;
    } finally {
      await scorer.dispose();
    }
  },
};

interface DoctorReport {
  readonly version: string;
  readonly machine: MachineFacts;
  readonly devices: readonly {
    readonly name: string;
    readonly state: 'used' | 'passed over' | 'not tried';
    readonly reason?: string;
    readonly adapter?: string;
  }[];
  readonly model?: { readonly name: string; readonly folder: string; readonly fingerprint: string; readonly note?: string };
  /** Why no model runs. */
  readonly error?: string;
}

function diagnose(version: string, machine: MachineFacts, info: ScorerInfo | ModelError, asked: string): DoctorReport {
  if (info instanceof ModelError) return { version, machine, devices: [], error: info.message };
  const { provider, adapter, passedOver, note } = info.device;
  const known = providerNames.map((name) => {
    if (name === provider) return { name, state: 'used', ...(adapter !== undefined && { adapter }) } as const;
    const reason = passedOver.find((other) => other.provider === name)?.reason;
    if (reason !== undefined) return { name, state: 'passed over', reason } as const;
    return { name, state: 'not tried', reason: notTried(name, provider, asked) } as const;
  });
  // A model at a server runs on none of these devices.
  const other = known.some(({ state }) => state === 'used') ? [] : [{ name: provider, state: 'used' } as const];
  const { model, modelPath, fingerprint } = info;
  return {
    version,
    machine,
    devices: [...known, ...other],
    model: { name: model, folder: modelPath, fingerprint, ...(note !== undefined && { note }) },
  };
}

const platforms: Readonly<Record<string, readonly string[]>> = { dml: ['win32'], coreml: ['darwin'], cuda: ['linux', 'win32'] };

function notTried(name: string, used: string, asked: string): string {
  if (!(platforms[name] ?? [process.platform]).includes(process.platform)) return `not for ${process.platform}`;
  return asked === 'auto' ? `${used} comes first and works` : `${asked} was asked for`;
}

function reportText({ version, machine, devices: known, model, error }: DoctorReport): string {
  const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GiB`;
  const lines = [
    `StepLens ${version}, Node ${machine.node}, ONNX Runtime ${machine.onnxRuntime ?? 'not found'}, ${machine.platform}`,
    `${machine.cpu ?? 'unknown processor'}, ${machine.cores} cores, ${gigabytes(machine.memory.free)} of ${gigabytes(machine.memory.total)} free`,
    `NVIDIA driver: ${machine.nvidiaDriver ?? 'none'}${machine.nvidiaGpu === undefined ? '' : ` (${machine.nvidiaGpu})`}`,
    ...(machine.platform.startsWith('linux') ? [`Vulkan drivers: ${machine.vulkanDrivers.join(', ') || 'none'}`] : []),
    '',
    ...known.map(({ name, state, ...more }) => {
      const detail =
        'reason' in more && more.reason !== undefined ? `: ${more.reason}` : more.adapter !== undefined ? `: ${more.adapter}` : '';
      return `${name.padEnd(8)} ${state}${detail}`;
    }),
    ...(model ? ['', `${model.name} (${model.folder})`, ...(model.note === undefined ? [] : [`Note: ${model.note}.`])] : []),
    ...(error === undefined ? [] : [error]),
  ];
  return `${lines.join('\n')}\n`;
}

/** Runs ONNX Runtime's own install script, which is part of the built program. */
async function installCuda({ err, env }: CliWorld): Promise<number> {
  const script = [new URL('./installCuda.cjs', import.meta.url), new URL('../../dist/installCuda.cjs', import.meta.url)]
    .map((url) => fileURLToPath(url))
    .find((path) => existsSync(path));
  if (script === undefined) throw new UsageError('dist/installCuda.cjs does not exist; run "npm run build" first');
  const child = spawn(process.execPath, [script], {
    env: { ...env, ELECTRON_RUN_AS_NODE: '1', ONNXRUNTIME_NODE_INSTALL: 'true' },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code === 0) return exitCodes.done;
  err.write('steplens: the CUDA libraries were not installed; the lines above say why.\n');
  return exitCodes.unusable;
}

function readOptions(args: readonly string[]) {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        model: { type: 'string', default: '' },
        device: { type: 'string', default: 'auto' },
        json: { type: 'boolean', default: false },
        'install-cuda': { type: 'boolean', default: false },
      },
    });
    const device = devices.find((name) => name === values.device);
    if (!device) throw new UsageError(`--device must be one of ${devices.join(', ')}`);
    return { model: values.model, device, json: values.json, installCuda: values['install-cuda'] };
  } catch (error) {
    if (error instanceof UsageError) throw error;
    throw new UsageError((error as Error).message.split('\n')[0]);
  }
}
