import { execFile } from 'node:child_process';
import { access, mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import type { TensorValue } from '../../server/inference/runtime.js';

/** The release built for the version of ONNX Runtime that this repository uses. */
export const transformersVersion = '4.3.1';
/** Below node_modules, where its own imports find this repository's onnxruntime-node, tokenizers, jinja and sharp. */
const home = resolve('node_modules/.cache/steplens-bench', `transformers-${transformersVersion}`);
const entry = resolve(home, 'package/dist/transformers.node.mjs');

/** What the bench uses of `@huggingface/transformers`, which is no dependency of this repository. */
interface Transformers {
  readonly env: { allowRemoteModels: boolean; localModelPath: string };
  readonly Tensor: new (
    type: string,
    data: unknown,
    dims: readonly number[],
  ) => { readonly data: Float32Array; readonly dims: readonly number[] };
  readonly AutoTokenizer: {
    from_pretrained(folder: string): Promise<{ encode(text: string, options: { add_special_tokens: boolean }): number[] }>;
  };
  readonly AutoConfig: { from_pretrained(folder: string, options: object): Promise<object> };
  readonly PreTrainedModel: {
    from_pretrained(
      folder: string,
      options: object,
    ): Promise<{
      (inputs: object): Promise<Record<string, { readonly data: Float32Array; readonly dims: readonly number[] }>>;
      readonly sessions: {
        readonly model: { readonly inputMetadata: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[] };
      };
      dispose(): Promise<unknown>;
    }>;
  };
}

export interface TransformersModel {
  readonly inputs: readonly { readonly name: string; readonly shape: readonly (number | string)[] }[];
  encode(text: string): number[];
  run(feeds: Readonly<Record<string, TensorValue>>): Promise<{ readonly data: Float32Array; readonly dims: readonly number[] }>;
  close(): Promise<void>;
}

/**
 * Opens a model's ONNX file with `@huggingface/transformers`: its model class for graphs with any inputs
 * (`model_type: custom`) and its tokenizer. Downloads the package's archive (2 MB) from npm on first use. Rejects with
 * an Error if that fails.
 */
export async function openTransformersModel(graphPath: string, threads: number): Promise<TransformersModel> {
  await ensurePackage();
  const { env, Tensor, AutoTokenizer, PreTrainedModel } = (await import(pathToFileURL(entry).href)) as Transformers;
  const folder = dirname(graphPath);
  env.allowRemoteModels = false;
  env.localModelPath = dirname(folder);
  const name = basename(folder);
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const model = await PreTrainedModel.from_pretrained(name, {
    config: { model_type: 'custom' },
    subfolder: '',
    model_file_name: basename(graphPath, '.onnx'),
    device: 'cpu',
    dtype: 'fp32',
    session_options: { intraOpNumThreads: threads, interOpNumThreads: 1 },
  });
  return {
    inputs: model.sessions.model.inputMetadata,
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }),
    async run(feeds) {
      const tensors = Object.fromEntries(
        Object.entries(feeds).map(([input, { type, data, dims }]) => [input, new Tensor(type, data, dims)]),
      );
      return (await model(tensors))['logits']!;
    },
    async close() {
      await model.dispose();
    },
  };
}

async function ensurePackage(): Promise<void> {
  if (
    await access(entry).then(
      () => true,
      () => false,
    )
  )
    return;
  await mkdir(dirname(home), { recursive: true });
  // Moved into place when complete, so that an interrupted download never looks finished.
  const partial = await mkdtemp(`${home}.partial-`);
  try {
    const execute = promisify(execFile);
    await execute('npm', ['pack', `@huggingface/transformers@${transformersVersion}`, '--loglevel=error'], {
      cwd: partial,
      shell: process.platform === 'win32',
    });
    await execute('tar', ['-xzf', `huggingface-transformers-${transformersVersion}.tgz`], { cwd: partial });
    await rename(partial, home);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}
