import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exporterScript } from '../bundled.js';
import { ModelError } from '../models/modelError.js';
import type { GraphFiles } from '../models/modelFiles.js';
import { toFastLayout } from '../onnx/fastLayout.js';
import { families, findFamily } from '../scoring/families/families.js';
import { recognizeModel } from '../scoring/recognizeModel.js';
import { type CliCommand, UsageError } from './command.js';
import { parseOptions } from './commandOptions.js';
import { measureGain } from './exportGain.js';
import { makeModelFolder } from './modelFolder.js';
import { ProgressLine } from './progressLine.js';

/** Folder of a reference model, inside the new folder. */
const referenceFolder = 'reference';
const precisions = ['float32', 'float16'] as const;

export const exportModel: CliCommand = {
  name: 'export-model',
  summary: 'a PRM from its folder, as Hugging Face keeps models, to the graphs that run fastest here',
  help: `Usage: steplens export-model MODEL_FOLDER --out FOLDER [OPTIONS]

Makes ONNX graphs of a downloaded PRM, compares them with the model's own forward pass, puts the
tokenizer and prm.json beside them, and says how much faster they are here. It runs a script in
Python with torch, transformers, onnx, onnxruntime and safetensors; scoring needs no Python.

  --out FOLDER     the folder to make; it must not exist
  --family F       ${families.map(({ id }) => id).join(', ')}
                   (default: the one that the model's files say)
  --code FOLDER    the authors' code for MM-PRM, VisualPRM and URSA with images, which is run: a checkout,
                   or the model's folder where that holds the code
  --reference FOLDER  the model that an implicit PRM (EurusPRM) is compared with; exported, too
  --precision P    float32 (default), or float16 for a GPU
  --python FILE    the Python to use (default: python3, on Windows python)

The machine needs about three times the size of the weights as memory.

Exit codes: 0 done, 2 bad usage, a model that cannot be exported, or a Python that lacks something;
130 interrupted. Nothing is left then.
`,
  async run(args, world) {
    const options = readOptions(args);
    const progress = new ProgressLine(world);
    return makeModelFolder(options.out, world, progress, async (folder) => {
      const tell = (line: string) => progress.tell(line);
      const exported = await runExporter(options, folder, world.signal, tell);
      if (options.reference !== undefined) {
        const reference = join(folder, referenceFolder);
        await rewrite(await runExporter({ ...options, model: options.reference }, reference, world.signal, tell), reference);
      }
      await writeFile(join(folder, 'prm.json'), `${JSON.stringify(await profileOf(options, folder, exported), null, 2)}\n`);
      const layout = await rewrite(exported, folder);
      progress.tell('Scoring a sample');
      const gain = await measureGain(folder, exported.tokensPerSecond, world);
      progress.clear();
      world.out.write(
        `The graph gives what the model gives: its scores differ by ${exported.largest.toExponential(1)}, in ${exported.precision}.\n`,
      );
      world.out.write(`${layout}\n${gain}\n`);
    });
  },
};

interface Options {
  readonly model: string;
  readonly out: string;
  readonly family: string | undefined;
  readonly code: string | undefined;
  readonly reference: string | undefined;
  readonly precision: string;
  readonly python: string;
}

/** The last line of the script's output. */
interface ScriptResult {
  readonly graph: GraphFiles;
  /** Largest difference of a score between the graph and the model. */
  readonly largest: number;
  readonly precision: string;
  /** The model's own forward pass, one solution after the other; 0 = not measured. */
  readonly tokensPerSecond: number;
  /** Whether all layers see the whole sequence before a token. */
  readonly looksBack: boolean;
  /** `images` of the profile, if the model's own files define how images are prepared. */
  readonly images?: object;
}

function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseOptions(args, {
    out: { type: 'string' },
    family: { type: 'string' },
    code: { type: 'string' },
    reference: { type: 'string' },
    precision: { type: 'string', default: 'float32' },
    python: { type: 'string', default: process.platform === 'win32' ? 'python' : 'python3' },
  });
  const [model] = positionals;
  const { out, family, code, reference, precision, python } = values;
  if (model === undefined || positionals.length > 1) throw new UsageError('export-model needs one model folder');
  if (out === undefined) throw new UsageError('export-model needs --out FOLDER');
  if (!precisions.some((one) => one === precision)) throw new UsageError(`--precision is ${precisions.join(' or ')}, not "${precision}"`);
  if (family !== undefined && !findFamily(family))
    throw new UsageError(`--family is one of ${families.map(({ id }) => id).join(', ')}, not "${family}"`);
  return { model, out, family, code, reference, precision, python };
}

function runExporter(
  { model, code, precision, python }: Options,
  out: string,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<ScriptResult> {
  const args = ['-B', exporterScript, model, out, '--precision', precision, ...(code === undefined ? [] : ['--code', code])];
  return new Promise((settle, reject) => {
    const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
    let output = '';
    let last = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      last = (last + text).slice(-10_000);
      const line = lastLine(text);
      if (line !== '') tell(line);
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'ENOENT'
          ? new ModelError(`there is no Python at "${python}". Install Python 3.10 or newer, or name it with --python`)
          : error,
      ),
    );
    child.on('close', (exit) => {
      if (exit === 0) return settle(JSON.parse(lastLine(output)) as ScriptResult);
      const reason = lastLine(last).replace(/^export-model: /, '');
      reject(new ModelError(`${model} was not exported: ${reason || `Python ended with code ${exit}`}`));
    });
  });
}

/** Returns the shortest profile, with the named family or the one that the files identify. */
async function profileOf({ model, family, reference }: Options, folder: string, { graph, images }: ScriptResult): Promise<object> {
  const other = { ...(reference !== undefined && { reference: referenceFolder }), ...(images && { images }) };
  if (family !== undefined) return { family, graph, ...other };
  const found = (await recognizeModel(folder))?.families ?? [];
  const [only] = found;
  if (only && found.length === 1) return { family: only.id, graph, ...other };
  const names = (found.length > 0 ? found : families).map(({ id }) => id).join(', ');
  throw new ModelError(`${model} does not say of which family it is. Name it with --family: ${names}`);
}

/** Rewrites the graph to the fast layout if possible, and describes the result. */
async function rewrite({ graph, looksBack }: ScriptResult, folder: string): Promise<string> {
  if (!looksBack)
    return "Its layout is Hugging Face's, because some of its layers look back over a window. StepLens makes the fast layout of it when it is loaded, where 'maxTokens' stays within the window.";
  const reason = await toFastLayout(join(folder, typeof graph === 'string' ? graph : graph.decoder));
  return reason === undefined
    ? 'Its layout is the fast one: a mask for trees, and keys and values of the new tokens alone.'
    : `Its layout is Hugging Face's, which runs one solution after the other: ${reason}.`;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
