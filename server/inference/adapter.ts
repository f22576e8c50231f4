import { readdirSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { basename, delimiter } from 'node:path';
import type { ProviderName } from './protocol.js';

/** The parts of the system that identify its graphics adapters. */
export interface AdapterSources {
  readonly platform: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** undefined = there is no such file. */
  read(path: string): string | undefined;
  list(folder: string): readonly string[];
  cpuModel(): string | undefined;
}

const system: AdapterSources = {
  platform: process.platform,
  env: process.env,
  read: (path) => orUndefined(() => readFileSync(path, 'utf8')),
  list: (folder) => orUndefined(() => readdirSync(folder)) ?? [],
  cpuModel: () => cpus()[0]?.model,
};

const vendors: Readonly<Record<string, string>> = { '0x10de': 'NVIDIA', '0x1002': 'AMD', '0x8086': 'Intel', '0x106b': 'Apple' };

/**
 * Returns the name of the adapter that a provider runs on. ONNX Runtime's binding does not report it, so it is read
 * from the system; undefined when the system does not give it, or when more than one adapter is possible.
 */
export function adapterName(provider: ProviderName, sources: AdapterSources = system): string | undefined {
  // Apple silicon has one GPU, which has the name of the processor.
  if (sources.platform === 'darwin') return sources.cpuModel();
  if (sources.platform !== 'linux') return undefined;
  if (provider === 'webgpu') {
    const drivers = (sources.env['VK_DRIVER_FILES'] ?? sources.env['VK_ICD_FILENAMES'] ?? '')
      .split(delimiter)
      .filter((path) => path !== '');
    if (drivers.length === 1)
      return /swiftshader/i.test(drivers[0]!) ? 'SwiftShader (software)' : `Vulkan driver ${basename(drivers[0]!, '.json')}`;
  }
  const nvidia = sources
    .list('/proc/driver/nvidia/gpus')
    .map((gpu) => /^Model:\s*(.+)$/m.exec(sources.read(`/proc/driver/nvidia/gpus/${gpu}/information`) ?? '')?.[1]);
  if (nvidia.length === 1 || (nvidia.length > 0 && provider === 'cuda')) return nvidia[0];
  const cards = sources.list('/sys/class/drm').filter((name) => /^card\d+$/.test(name));
  if (cards.length !== 1) return undefined;
  const [vendor, device] = ['vendor', 'device'].map((file) => sources.read(`/sys/class/drm/${cards[0]}/device/${file}`)?.trim());
  return vendor && device ? `${vendors[vendor] ?? `vendor ${vendor}`} GPU ${device}` : undefined;
}

function orUndefined<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
