import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { countedNoun } from '../language/solutionValues.js';
import { ModelError } from '../models/modelError.js';
import { isFile, profileJson } from '../models/modelFiles.js';
import { type QuantizedFile, quantiseFile } from '../onnx/quantiseFile.js';
import { loadProfile } from '../scoring/loadProfile.js';
import { type CliCommand, type CliWorld, UsageError } from './command.js';
import { parseOptions } from './commandOptions.js';
import { makeModelFolder } from './modelFolder.js';
import { ProgressLine } from './progressLine.js';
import { compareModels, readCheck } from './quantiseCheck.js';

export const quantise: CliCommand = {
  name: 'quantise',
  summary: 'a model with int8 weights, smaller and faster on the CPU, and how its scores change',
  help: `Usage: steplens quantise MODEL_FOLDER --out FOLDER [OPTIONS]

Makes a copy of a model whose products are made of int8 weights and int8 tokens (dynamic
quantization), scores solutions with both and says how the step scores change. For the CPU; on a
GPU use a graph in float16.

  --out FOLDER     the folder to make; it must not exist
  --check FILE     solutions to score with both models, in any format StepLens reads (default:
                   eight short ones on arithmetic; take some of your own for a better judgment)

Exit codes: 0 done, 2 bad usage, unreadable model or input, 130 interrupted; nothing is left then.
`,
  async run(args, world) {
    const { values, positionals } = parseOptions(args, { out: { type: 'string' }, check: { type: 'string' } });
    const [model] = positionals;
    if (model === undefined || positionals.length > 1) throw new UsageError('quantise needs one model folder');
    if (values.out === undefined) throw new UsageError('quantise needs --out FOLDER');
    const progress = new ProgressLine(world);
    return makeModelFolder(values.out, world, progress, async (folder) => {
      const check = await readCheck(values.check);
      const file = await quantiseFolder(model, folder, world, progress);
      progress.clear();
      world.out.write(
        `${countedNoun(file.products, 'product')} with ${countedNoun(file.weights, 'weight')} in int8: ${megabytes(file.bytesBefore)} -> ${megabytes(file.bytesAfter)}\n`,
      );
      world.out.write(await compareModels(model, folder, check, world, progress));
    });
  },
};

/** Quantizes the graphs of a model into an empty folder and puts the rest of the model beside them. */
async function quantiseFolder(model: string, folder: string, { signal }: CliWorld, progress: ProgressLine): Promise<QuantizedFile> {
  const { profile, profilePath, graphPath, parts, tokenizerPath } = await loadProfile(model);
  const graphs = [graphPath, ...(parts ? [parts.embeddingsPath, parts.visionPath] : [])];
  const total = { products: 0, weights: 0, bytesBefore: 0, bytesAfter: 0 };
  for (const graph of graphs) {
    const onProgress = (done: number, of: number) => progress.tell(`${graph}: ${done} of ${countedNoun(of, 'product')}`);
    const file = await quantiseFile(graph, join(folder, basename(graph)), { signal, onProgress });
    for (const key of Object.keys(total) as (keyof QuantizedFile)[]) total[key] += file[key];
  }
  if (total.products === 0)
    throw new ModelError(
      `${graphPath} has no products with float weights (MatMul, Gemm) beside its head; it may be quantized already. Quantise the model it was made of.`,
    );

  await copyFile(tokenizerPath, join(folder, basename(tokenizerPath)));
  const beside = ['tokenizer_config.json', 'chat_template.jinja'].map((name) => join(dirname(tokenizerPath), name));
  for (const path of [...beside, join(model, 'config.json')]) if (await isFile(path)) await copyFile(path, join(folder, basename(path)));
  const { $schema: _, ...fields } = profileJson(await readFile(profilePath, 'utf8')) as Record<string, unknown>;
  const { graph } = profile;
  const names =
    typeof graph === 'string'
      ? basename(graph)
      : { decoder: basename(graph.decoder), embeddings: basename(graph.embeddings), vision: basename(graph.vision) };
  const { scope } = profile;
  if (scope) await copyFile(join(model, scope.pairs), join(folder, basename(scope.pairs)));
  const known = scope && { scope: { ...scope, pairs: basename(scope.pairs) } };
  const changed = { ...fields, ...known, name: `${profile.name} int8`, graph: names, tokenizer: basename(tokenizerPath) };
  await writeFile(join(folder, 'prm.json'), `${JSON.stringify(changed, null, 2)}\n`);
  return total;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toLocaleString('en-US', { maximumFractionDigits: bytes < 1e7 ? 1 : 0 })} MB`;
}
