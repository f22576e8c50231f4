import { type ChildProcess, fork } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IPCMessageReader, IPCMessageWriter } from 'vscode-languageserver/node';
import { SettingsChanged } from '../../server/protocol/settings.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { createRandom } from '../../server/reasoning/random.js';
import { byteMutations, jsonMutations, type Mutation, modelMutations, templateMutations } from '../inference/mutate.js';
import { TestClient } from '../lsp/client.js';
import { done } from './figures.js';

const uri = 'file:///w/set.jsonl';
const text = JSON.stringify({
  question: 'What is 3 + 4?',
  answer: '7',
  image_path: '',
  solutions_splits: [['3 + 4 = 7', 'The answer is 7.']],
  labels: [1],
});
const plain = 'test/fixtures/models/label-head';
const chat = 'test/fixtures/models/families/qwen2.5-math-prm';

const plans: readonly { from: string; file: string; mutations: readonly Mutation[] }[] = [
  { from: plain, file: 'model.onnx', mutations: [...byteMutations.slice(0, 4), ...modelMutations] },
  { from: plain, file: 'tokenizer.json', mutations: [...byteMutations.slice(0, 4), ...jsonMutations] },
  { from: chat, file: 'tokenizer_config.json', mutations: templateMutations },
  { from: plain, file: 'prm.json', mutations: [...byteMutations.slice(0, 4), ...jsonMutations] },
];

/** The shipped server in its own process: the only way to see that no content of a model's files can end it. */
describe('the bundled server, given damaged and hostile models one after the other', () => {
  let folder: string;
  let child: ChildProcess;
  let client: TestClient;
  let bundled: string | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'steplens-hostile-'));
    child = fork('dist/server.js', ['--node-ipc'], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    client = new TestClient(new IPCMessageReader(child), new IPCMessageWriter(child));
    await client.initialize({ settings: { ...defaultSettings, device: 'cpu' } });
    await client.open(uri, 'jsonl', text);
    expect(await settled()).toBe('ready');
    bundled = client.statuses.at(-1)!.model;
  });
  afterAll(async () => {
    client.connection.dispose();
    child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  async function settled(): Promise<string> {
    await client.until(() => ['ready', 'failed'].includes(client.statuses.at(-1)?.state ?? ''));
    return client.statuses.at(-1)!.state;
  }

  async function use(modelPath: string): Promise<string> {
    client.statuses.length = 0;
    await client.tell(SettingsChanged, {
      settings: { ...defaultSettings, device: 'cpu', modelPath },
      isTrusted: true,
    });
    return settled();
  }

  it.each(plans)('reports what is wrong in each $file, or scores with it, and keeps running', async ({ from, file, mutations }) => {
    expect(await use(from), 'as it is').toBe('ready');
    let refused = 0;
    for (const [i, mutation] of mutations.entries()) {
      const model = join(folder, `${file}-${i}`);
      await mkdir(model);
      for (const name of await readdir(from)) if (name !== 'expected.json') await cp(join(from, name), join(model, name));
      await writeFile(join(model, file), mutation.apply(await readFile(join(from, file)), createRandom(i, file)));
      if ((await use(model)) === 'failed') {
        refused++;
        expect(client.statuses.at(-1)!.message!.length, mutation.name).toBeGreaterThan(20);
      }
      expect(child.exitCode, mutation.name).toBeNull();
    }
    done('models', mutations.length);
    expect(refused).toBeGreaterThan(0);
    expect(await use(''), 'the bundled model').toBe('ready');
    expect(client.statuses.at(-1)!.model).toBe(bundled);
  });
});
