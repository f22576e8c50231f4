/**
 * `npm run gpu-check`: packs what a bare GPU machine needs to measure StepLens into parts of at most 60 MiB, which fit a transfer of 64.
 *   --dry-run [--python PYTHON]   runs the check here instead, with a tiny model, and writes nothing but its results
 *   --report RESULTS.json         writes docs/gpu.md from what check.py wrote there
 * There: put the parts into one folder, run `bash unpack.sh`, then the command that it prints.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { report } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const partBytes = 60 * 1024 * 1024;
const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    report: { type: 'string' },
    out: { type: 'string', default: join(root, 'gpu-check') },
  },
});

/** The program without the CUDA provider: measure.js, inference.js, the exporter, a tokenizer, ONNX Runtime and sharp. */
function assemble(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  buildSync({
    entryPoints: { measure: join(root, 'scripts/gpu-check/measure.ts'), inference: join(root, 'server/inference/main.ts') },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node', 'sharp'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(root, 'test/fixtures/models/families/qwen2.5-math-prm', file), join(folder, file));
  copyFileSync(join(root, 'test/fixtures/models/families/exporting.py'), join(folder, 'exporting.py'));
  copyFileSync(join(root, 'scripts/gpu-check/check.py'), join(folder, 'check.py'));
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    const from = join(root, 'node_modules', name);
    cpSync(from, join(folder, 'node_modules', name), {
      recursive: true,
      dereference: true,
      filter: (path) => !/^\/(lib|script)(\/|$)|^\/bin\/napi-v6\/(?!linux(\/x64|$))/.test(path.slice(from.length).replaceAll('\\', '/')),
    });
  }
}

/** ONNX Runtime's CUDA provider of the same version, out of the Python package that has it. */
function cudaProvider(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/onnxruntime-node/package.json'), 'utf8'));
  const scratch = join(tmpdir(), 'steplens-cuda');
  mkdirSync(scratch, { recursive: true });
  const arguments_ = [
    'download',
    '--no-deps',
    '--quiet',
    '--only-binary=:all:',
    '--platform',
    'manylinux_2_28_x86_64',
    '--python-version',
    '3.12',
  ];
  execFileSync(values.python, ['-m', 'pip', ...arguments_, '-d', scratch, `onnxruntime-gpu==${version}`], { stdio: 'inherit' });
  const wheel = readdirSync(scratch).find((name) => name.startsWith('onnxruntime_gpu') && name.endsWith('.whl'));
  const capi = 'onnxruntime/capi';
  const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
  execFileSync('unzip', ['-o', '-q', '-j', join(scratch, wheel), ...names.map((name) => `${capi}/${name}`), '-d', folder], {
    stdio: 'inherit',
  });
}

const unpack = `set -e
cat program.tar.xz.* | tar -xJ
mkdir -p node && cat node.xz.* | xz -d > node/node && chmod +x node/node
export LD_LIBRARY_PATH=$(find $(python3 -c 'import nvidia; print(list(nvidia.__path__)[0])') -name lib -type d | tr '\\n' ':')$LD_LIBRARY_PATH
if ls libvulkan1*.deb >/dev/null 2>&1; then dpkg -x libvulkan1*.deb / && ldconfig; fi
echo "LD_LIBRARY_PATH=$LD_LIBRARY_PATH python3 program/check.py --node $PWD/node/node --program $PWD/program --out \${OUT:-.}/results.json"
`;

if (values.report) {
  writeFileSync(join(root, 'docs/gpu.md'), report(JSON.parse(readFileSync(values.report, 'utf8'))));
} else if (values['dry-run']) {
  const program = join(tmpdir(), `steplens-gpu-check-${process.pid}`);
  assemble(program);
  const out = join(program, 'results.json');
  const options = ['--node', process.execPath, '--program', program, '--out', out, '--sizes', 'tiny', '--scratch', join(program, 'models')];
  execFileSync(values.python, [join(program, 'check.py'), ...options], { stdio: 'inherit' });
  const results = JSON.parse(readFileSync(out, 'utf8'));
  process.stdout.write(report(results));
  rmSync(program, { recursive: true });
  const cpu = results.rows.filter(({ device }) => device === 'cpu');
  if (cpu.length < 2 || cpu.some(({ error, apartFromTorch }) => error || !(apartFromTorch < 0.02)))
    throw new Error('The dry run is not right on the CPU.');
} else {
  const folder = values.out;
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'program');
  assemble(program);
  cudaProvider(join(program, 'node_modules/onnxruntime-node/bin/napi-v6/linux/x64'));
  const split = (command, name) =>
    execFileSync('bash', ['-c', `set -o pipefail; ${command} | split -b ${partBytes} -d - ${name}.`], { cwd: folder, stdio: 'inherit' });
  split('tar -c program | xz -T0 -6', 'program.tar.xz');
  copyFileSync(process.execPath, join(folder, 'node'));
  execFileSync('strip', [join(folder, 'node')]);
  split('xz -T0 -6 -c node', 'node.xz');
  rmSync(join(folder, 'node'));
  rmSync(program, { recursive: true });
  writeFileSync(join(folder, 'unpack.sh'), unpack);
  for (const name of readdirSync(folder)) process.stdout.write(`${join(dirname(folder), name)}\n`);
  if (!existsSync(join(folder, 'unpack.sh'))) throw new Error('The bundle was not written.');
}
