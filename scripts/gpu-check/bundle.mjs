/**
 * `npm run gpu-check -- --python PYTHON`: packs everything that a bare GPU machine needs to measure StepLens into files of at most 34 MB, which can be
 * sent a few at a time. PYTHON needs torch, transformers and onnx. The machine needs these and CUDA's libraries, as PyTorch brings them, but no Node.
 *   --architecture 90             keeps the code of these GPUs in ONNX Runtime's CUDA library (comma-separated; `all` keeps every one)
 *   --sizes 0.5b,3b,7b            the models that can be measured there
 *   --dry-run                     runs the check here instead, with a tiny model, and writes nothing but its results
 *   --report RESULTS.json         writes docs/gpu.md from what check.py wrote there
 * On the GPU machine: put all files into one folder, run `bash unpack.sh`, then the command that it prints.
 */

import { execFileSync } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { buildSync } from 'esbuild';
import { keepArchitectures } from './cudaCode.mjs';
import { report } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const partBytes = 34_000_000;
const { values } = parseArgs({
  options: {
    'dry-run': { type: 'boolean', default: false },
    python: { type: 'string', default: 'python3' },
    architecture: { type: 'string', default: '90' },
    sizes: { type: 'string', default: '0.5b,3b,7b' },
    report: { type: 'string' },
    out: { type: 'string', default: join(root, 'gpu-check') },
  },
});

/** The program without ONNX Runtime's CUDA library: the built program, measure.js and passes.js, graphs without weights, a tokenizer, the bundled model. */
function assemble(folder, sizes) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'graphs'), { recursive: true });
  execFileSync(process.execPath, ['esbuild.mjs'], { cwd: root, stdio: 'inherit' });
  buildSync({
    entryPoints: { measure: join(root, 'scripts/gpu-check/measure.ts'), passes: join(root, 'scripts/gpu-check/passes.ts') },
    outdir: folder,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    external: ['onnxruntime-node', 'sharp'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  const copy = (from, to = from) => cpSync(join(root, from), join(folder, to), { recursive: true });
  for (const name of readdirSync(join(root, 'dist')))
    if (/^(cli|inference|images|verifyWorker|server|chunk-.*)\.js$/.test(name)) copy(join('dist', name));
  for (const name of ['model.onnx', 'model.cpu.onnx', 'prm.json', 'scope.txt', 'tokenizer.json', 'tokenizer_config.json'])
    copy(join('media/models/mini', name));
  for (const name of ['process-benchmark.jsonl', 'trees', 'solutions']) copy(join('media/samples', name));
  copy('package.json');
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) copy(join('test/fixtures/models/families/qwen2.5-math-prm', file), file);
  for (const file of ['check.py', 'graphs.py']) copy(join('scripts/gpu-check', file), file);
  for (const name of ['onnxruntime-node', 'onnxruntime-common']) {
    const from = join(root, 'node_modules', name);
    cpSync(from, join(folder, 'node_modules', name), {
      recursive: true,
      dereference: true,
      filter: (path) => !/^\/(lib|script)(\/|$)|^\/bin\/napi-v6\/(?!linux(\/x64|$))/.test(path.slice(from.length).replaceAll('\\', '/')),
    });
  }
  execFileSync(values.python, [join(root, 'scripts/gpu-check/graphs.py'), join(folder, 'graphs'), ...sizes], {
    stdio: 'inherit',
    env: { ...process.env, PYTHONPATH: join(root, 'scripts/export') },
  });
}

/** ONNX Runtime's CUDA provider of the same version, from its Python package, without the code of other GPUs. */
function cudaProvider(folder) {
  const { version } = JSON.parse(readFileSync(join(root, 'node_modules/onnxruntime-node/package.json'), 'utf8'));
  const scratch = join(tmpdir(), 'steplens-cuda');
  mkdirSync(scratch, { recursive: true });
  const platform = ['--only-binary=:all:', '--platform', 'manylinux_2_28_x86_64', '--python-version', '3.12'];
  const download = ['-m', 'pip', 'download', '--no-deps', '--quiet', ...platform, '-d', scratch, `onnxruntime-gpu==${version}`];
  execFileSync(values.python, download, { stdio: 'inherit' });
  const wheel = readdirSync(scratch).find((name) => name.startsWith('onnxruntime_gpu') && name.includes(version) && name.endsWith('.whl'));
  const names = ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'];
  execFileSync('unzip', ['-o', '-q', '-j', join(scratch, wheel), ...names.map((name) => `onnxruntime/capi/${name}`), '-d', folder], {
    stdio: 'inherit',
  });
  if (values.architecture === 'all') return;
  const library = readFileSync(join(folder, names[0]));
  keepArchitectures(library, new Set(values.architecture.split(',').map(Number)));
  writeFileSync(join(folder, names[0]), library);
}

const unpack = `set -e
cd "$(dirname "$0")"
[ -d program ] || cat program.tar.xz.* | tar -xJ
B=program/node_modules/onnxruntime-node/bin/napi-v6/linux/x64
if ls cuda.xz.* >/dev/null 2>&1; then [ -e $B/libonnxruntime_providers_cuda.so ] || { cat cuda.xz.* | xz -d > cuda.so; mv cuda.so $B/libonnxruntime_providers_cuda.so; }; fi
if [ ! -x node ]; then cat node.xz.* | xz -d > node.part; chmod +x node.part; mv node.part node; fi
if ls libvulkan1*.deb >/dev/null 2>&1 && ! ldconfig -p | grep -q libvulkan.so.1; then dpkg -x libvulkan1*.deb / && ldconfig; fi
L=$(find $(python3 -c 'import nvidia; print(*nvidia.__path__)') -name lib -type d | tr '\\n' ':')
echo "export LD_LIBRARY_PATH=$L\\$LD_LIBRARY_PATH" > environment
echo ". $PWD/environment; python3 $PWD/program/check.py --node $PWD/node --program $PWD/program --out \${OUT:-.}/results.json"
`;

/** Packs a folder's files with xz into `name.00`, `name.01`, ... */
function pack(folder, command, name) {
  execFileSync('bash', ['-c', `set -o pipefail; ${command} | xz -T0 -6 | split -b ${partBytes} -d - ${name}.`], {
    cwd: folder,
    stdio: 'inherit',
  });
}

if (values.report) {
  writeFileSync(join(root, 'docs/gpu.md'), report(JSON.parse(readFileSync(values.report, 'utf8'))));
} else if (values['dry-run']) {
  const program = join(tmpdir(), `steplens-gpu-check-${process.pid}`);
  assemble(program, ['tiny']);
  const out = join(program, 'results.json');
  const options = ['--node', process.execPath, '--program', program, '--out', out, '--sizes', 'tiny', '--scratch', join(program, 'models')];
  execFileSync(values.python, [join(program, 'check.py'), ...options], { stdio: 'inherit' });
  const results = JSON.parse(readFileSync(out, 'utf8'));
  process.stdout.write(report(results));
  rmSync(program, { recursive: true });
  const cpu = results.rows.filter(({ device }) => device === 'cpu');
  if (results.failures.length > 0 || cpu.length < 2 || cpu.some(({ error, apart }) => error || !(apart < 0.02)))
    throw new Error(`The dry run is not right on the CPU: ${JSON.stringify(results.failures)}`);
} else {
  const folder = values.out;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  assemble(join(folder, 'program'), values.sizes.split(','));
  cudaProvider(folder);
  const binding = join(folder, 'program/node_modules/onnxruntime-node/bin/napi-v6/linux/x64');
  cpSync(join(folder, 'libonnxruntime_providers_shared.so'), join(binding, 'libonnxruntime_providers_shared.so'));
  pack(folder, 'tar -c program', 'program.tar.xz');
  pack(folder, 'cat libonnxruntime_providers_cuda.so', 'cuda.xz');
  copyFileSync(process.execPath, join(folder, 'node'));
  execFileSync('strip', [join(folder, 'node')]);
  pack(folder, 'cat node', 'node.xz');
  for (const name of ['node', 'program', 'libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'])
    rmSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, 'unpack.sh'), unpack);
  for (const name of readdirSync(folder)) process.stdout.write(`${join(folder, name)}\n`);
}
