import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { adapterName } from './adapter.js';
import { driverVersion } from './cudaLibraries.js';
import type { ProviderName } from './protocol.js';

/** The providers of all platforms, best first. */
export const providerNames: readonly ProviderName[] = ['cuda', 'webgpu', 'dml', 'coreml', 'cpu'];

/** Hardware and software of a machine for running models. Sizes in bytes. */
export interface MachineFacts {
  readonly platform: string;
  readonly node: string;
  readonly onnxRuntime: string | undefined;
  readonly cpu: string | undefined;
  readonly cores: number;
  readonly memory: { readonly total: number; readonly free: number };
  /** Version of the NVIDIA driver, if one is loaded. */
  readonly nvidiaDriver: string | undefined;
  readonly nvidiaGpu: string | undefined;
  /** Names of the files that list Vulkan drivers; WebGPU on Linux needs one. */
  readonly vulkanDrivers: readonly string[];
}

export function machineFacts(): MachineFacts {
  return {
    platform: `${process.platform}-${process.arch}`,
    node: process.versions.node,
    onnxRuntime: onnxRuntimeVersion(),
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    memory: { total: totalmem(), free: freemem() },
    nvidiaDriver: driverVersion(),
    nvidiaGpu: driverVersion() === undefined ? undefined : adapterName('cuda'),
    vulkanDrivers: process.platform === 'linux' ? vulkanDrivers() : [],
  };
}

function onnxRuntimeVersion(): string | undefined {
  try {
    const main = createRequire(import.meta.url).resolve('onnxruntime-node');
    const { version } = JSON.parse(readFileSync(join(dirname(main), '..', 'package.json'), 'utf8')) as { version?: string };
    return version;
  } catch {
    return undefined;
  }
}

/** Folders that Vulkan's loader searches for drivers, and folders of NVIDIA's containers that it does not search. */
const loaderFolders = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];
const containerFolders = ['/usr/local/nvidia/share/vulkan/icd.d'];

function vulkanDrivers(): string[] {
  const named = (process.env['VK_DRIVER_FILES'] ?? process.env['VK_ICD_FILENAMES'] ?? '').split(':').filter((path) => path !== '');
  if (named.length > 0) return named;
  const usual = filesIn(loaderFolders);
  return usual.length > 0 ? usual : filesIn(containerFolders);
}

/**
 * Returns the variables that point Vulkan's loader to a driver listed only in a container's own folder; none when the
 * loader finds one itself, or the user has set them.
 * @param folders The folders that the loader searches, and those it does not.
 */
export function vulkanEnvironment(
  env: NodeJS.ProcessEnv,
  folders: { readonly usual: readonly string[]; readonly container: readonly string[] } = {
    usual: loaderFolders,
    container: containerFolders,
  },
): { readonly VK_DRIVER_FILES?: string } {
  if (process.platform !== 'linux' || env['VK_DRIVER_FILES'] || env['VK_ICD_FILENAMES'] || filesIn(folders.usual).length > 0) return {};
  const found = filesIn(folders.container);
  return found.length > 0 ? { VK_DRIVER_FILES: found.join(':') } : {};
}

function filesIn(folders: readonly string[]): string[] {
  return folders.flatMap((folder) => {
    try {
      return readdirSync(folder)
        .filter((name) => name.endsWith('.json'))
        .map((name) => join(folder, name));
    } catch {
      return [];
    }
  });
}
