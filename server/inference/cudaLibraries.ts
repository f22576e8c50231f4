import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The first driver that runs CUDA 13, which ONNX Runtime 1.30's libraries are built for. */
const oldestDriver = 580;

/** The parts of the system that show whether CUDA can be used. */
export interface CudaSources {
  readonly platform: string;
  exists(path: string): boolean;
  /** undefined = there is no such file. */
  read(path: string): string | undefined;
  /** Output of `ldd` for a library; undefined when there is no `ldd`. */
  linked(path: string): string | undefined;
}

const system: CudaSources = {
  platform: process.platform,
  exists: existsSync,
  read(path) {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      return undefined;
    }
  },
  linked(path) {
    const { stdout, error } = spawnSync('ldd', [path], { encoding: 'utf8', timeout: 5000 });
    return error ? undefined : stdout;
  },
};

/** The command that fetches ONNX Runtime's CUDA libraries, in a checkout as in an installed extension. */
export const installCuda = `node "${fileURLToPath(import.meta.url).endsWith('.ts') ? 'dist/cli.js' : fileURLToPath(new URL('./cli.js', import.meta.url))}" doctor --install-cuda`;

/**
 * Returns why CUDA cannot be used; undefined = nothing is known to be missing. Checks in the order in which a user has
 * to fix it: ONNX Runtime's own libraries, the driver, the libraries they need.
 *
 * @param folder Folder of ONNX Runtime's binding.
 */
export function missingCuda(folder: string, sources: CudaSources = system): string | undefined {
  const { platform } = sources;
  if (platform === 'darwin') return 'not available on macOS';
  const names =
    platform === 'win32'
      ? ['onnxruntime_providers_shared.dll', 'onnxruntime_providers_cuda.dll']
      : ['libonnxruntime_providers_shared.so', 'libonnxruntime_providers_cuda.so'];
  const absent = names.filter((name) => !sources.exists(join(folder, name)));
  if (absent.length > 0)
    return `${absent.join(' and ')} ${absent.length > 1 ? 'are' : 'is'} not beside the runtime (to fetch: ${installCuda})`;
  if (platform !== 'linux') return undefined;
  const driver = driverVersion(sources);
  if (driver !== undefined && Number(driver.split('.')[0]) < oldestDriver)
    return `the NVIDIA driver is ${driver}; CUDA 13 needs ${oldestDriver} or newer (update the driver)`;
  const lost = missingLibraries(sources.linked(join(folder, names[1]!)));
  if (lost.length === 0) return undefined;
  if (lost.includes('libcuda.so.1'))
    return `libcuda.so.1 was not found: the NVIDIA driver is not installed, or not passed into this container`;
  return `${lost.join(', ')} ${lost.length > 1 ? 'were' : 'was'} not found; install CUDA 13's libraries (packages cuda-cudart, libcublas, libcurand) or put the folder that has them into LD_LIBRARY_PATH`;
}

/** A version such as "580.95.05"; undefined when no NVIDIA driver is loaded. */
export function driverVersion(sources: CudaSources = system): string | undefined {
  return /Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)/.exec(sources.read('/proc/driver/nvidia/version') ?? '')?.[1];
}

/** Names that `ldd` did not find. */
function missingLibraries(linked: string | undefined): string[] {
  return [...(linked ?? '').matchAll(/^\s*(\S+) => not found/gm)].map((match) => match[1]!);
}

/** Returns the folder of ONNX Runtime's own libraries. */
export function bindingFolder(): string {
  const main = createRequire(import.meta.url).resolve('onnxruntime-node');
  return join(dirname(main), '..', 'bin', 'napi-v6', process.platform, process.arch);
}
