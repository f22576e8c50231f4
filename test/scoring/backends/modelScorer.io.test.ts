import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { ModelError } from '../../../server/models/modelError.js';
import { createModelScorer } from '../../../server/scoring/backends/modelScorer.js';
import { createRemoteScorer } from '../../../server/scoring/backends/remoteScorer.js';
import { NotAllowedError, type Scorer } from '../../../server/scoring/scorer.js';
import { imagesAt } from '../../images.js';
import { quiet, serverBench } from './bench.js';
import { chatHandler, inferenceHandler, poolingHandler, tinyGraph } from './handlers.js';
import { type Handler, LoopbackServer } from './loopbackServer.js';
import { separator, tinyChain, tinyProfiles, tinyScore, tinyTokenizer } from './tinyModel.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'model-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Opens a scorer for a profile whose server is `handler`. `server` records the requests. */
async function opened(kind: string, profile: object, handler: Handler, backend: object = {}) {
  const server = await new LoopbackServer(handler).start();
  onTestFinished(() => server.stop());
  await writeFile(join(folder, 'prm.json'), JSON.stringify({ ...profile, backend: { kind, url: server.url, model: 'tiny', ...backend } }));
  const scorer = createRemoteScorer({
    modelFolder: folder,
    apiKey: () => Promise.resolve(undefined),
    allows: () => true,
    log: quiet,
    backOff: 1,
  });
  onTestFinished(() => scorer.dispose());
  return { scorer, server };
}

describe('createModelScorer', () => {
  const local = (): Scorer & { closed: number } => {
    const scorer = {
      closed: 0,
      describe: () => Promise.reject(new ModelError('local')),
      score: () => Promise.reject(new ModelError('local')),
      clearCache: () => Promise.resolve(),
      dispose: () => Promise.resolve(void scorer.closed++),
    };
    return scorer;
  };

  it('scores locally without a backend, on the server with one, and reads a profile again that was corrected', async () => {
    const here = local();
    const bench = await serverBench(poolingHandler('nested'), 'vllm-pooling', tinyProfiles.marked);
    onTestFinished(() => bench.close());
    const scorer = createModelScorer(
      { modelFolder: folder, apiKey: () => Promise.resolve(undefined), allows: () => true, log: quiet, backOff: 1 },
      () => here,
    );
    await expect(scorer.describe(), 'no profile').rejects.toThrow('local');
    await writeFile(join(folder, 'prm.json'), JSON.stringify(tinyProfiles.marked));
    await expect(scorer.score(tinyChain(1))).rejects.toThrow('local');
    await writeFile(
      join(folder, 'prm.json'),
      JSON.stringify({ ...tinyProfiles.marked, backend: { kind: 'vllm-pooling', url: bench.server.url, model: 'tiny' } }),
    );
    expect((await scorer.describe()).device).toEqual({ provider: 'vllm-pooling', server: bench.server.url, passedOver: [] });
    expect(here.closed).toBe(1);
    expect(bench.server.requests, 'nothing is sent before something is scored').toHaveLength(0);
    expect((await scorer.score(tinyChain(2))).skipped.size).toBe(0);
    await scorer.dispose();
  });
});

describe('a server that the user has not consented to', () => {
  it('gets no request, not even for its models, until the user consents and after consent is revoked', async () => {
    const paths: string[] = [];
    const server = await new LoopbackServer((request, fault) => {
      paths.push(request.path);
      return chatHandler(['Yes', 'No'])(request, fault);
    }).start();
    onTestFinished(() => server.stop());
    await writeFile(
      join(folder, 'prm.json'),
      JSON.stringify({ ...tinyProfiles.judge, backend: { kind: 'judge', url: `${server.url}/v1`, model: 'tiny' } }),
    );
    const asked: string[] = [];
    let isAllowed = false;
    const allows = (origin: string) => {
      asked.push(origin);
      return isAllowed;
    };
    const scorer = createRemoteScorer({
      modelFolder: folder,
      apiKey: () => Promise.reject(new Error('no key is looked up')),
      allows,
      log: quiet,
    });
    await expect(scorer.describe()).rejects.toMatchObject({
      name: 'NotAllowedError',
      origin: server.url,
      message: expect.stringContaining('StepLens: Allow Scoring Server') as string,
    });
    await expect(scorer.score(tinyChain(1))).rejects.toThrow(NotAllowedError);
    expect(paths).toEqual([]);
    expect(new Set(asked)).toEqual(new Set([server.url]));
    await scorer.dispose();

    isAllowed = true;
    const second = createRemoteScorer({ modelFolder: folder, apiKey: () => Promise.resolve(undefined), allows, log: quiet });
    onTestFinished(() => second.dispose());
    expect((await second.score(tinyChain(1))).skipped.size).toBe(0);
    const before = paths.length;
    isAllowed = false;
    await expect(second.score(tinyChain(2))).rejects.toThrow(NotAllowedError);
    expect(paths).toHaveLength(before);
  });
});

describe('a judge', () => {
  it('gets the reference answer, gives judge values, and is asked again for another answer', async () => {
    const { scorer, server } = await opened('judge', tinyProfiles.judge, chatHandler(['Yes', 'No']));
    const job = { ...tinyChain(2), answer: '84' };
    const first = await scorer.score(job);
    expect(first.source).toBe('judge');
    const prompts = server.requests.map(
      ({ body }) => (JSON.parse(body.toString()) as { messages: { content: string }[] }).messages[0]!.content,
    );
    expect(prompts[0]).toContain('[Correct Answer]\n\n84');
    expect(prompts[0]).toContain('[Partial Solution]\n\nNo partial solution');
    expect((await scorer.score(job)).cached).toBe(2);
    expect((await scorer.score({ ...job, answer: '85' })).cached).toBe(0);
    await scorer.score(tinyChain(1));
    expect(server.requests.at(-1)!.body.toString()).not.toContain('Correct Answer');
  });

  it('gets the images, and scores nothing if one of them is missing', async () => {
    const { scorer, server } = await opened('judge', tinyProfiles.judge, chatHandler(['Yes', 'No']), { images: true });
    const figure = join(folder, 'figure.png');
    await writeFile(figure, Buffer.from('89504e470d0a1a0a', 'hex'));
    const { scores } = await scorer.score({ ...tinyChain(1), images: imagesAt(figure) });
    expect(scores[0]).toBeCloseTo(tinyScore(tinyChain(1).question, [tinyChain(1).steps[0]!.text]), 6);
    expect(server.requests[0]!.body.toString()).toContain('data:image/png;base64,iVBORw0KGgo=');
    const { skipped } = await scorer.score({ ...tinyChain(1), images: imagesAt(join(folder, 'none.png')) });
    expect(skipped.get(0)).toMatch(/none\.png was not found/);
    expect(server.requests).toHaveLength(1);
  });
});

describe('the vLLM pooling backend', () => {
  it('reports a separator inside a step without asking, and rows that differ in number from the steps', async () => {
    const { scorer, server } = await opened('vllm-pooling', tinyProfiles.marked, poolingHandler('nested'));
    const { question, images } = tinyChain(0);
    const literal = await scorer.score({
      question,
      images,
      steps: [{ text: 'fine' }, { text: `a ${separator} b`, parent: 0 }, { text: 'other', parent: 0 }],
    });
    expect([...literal.skipped]).toEqual([
      [1, `Step 2 of this solution holds the separator "${separator}" itself, which the server would take for the end of a step.`],
    ]);
    expect(server.requests).toHaveLength(2);
    server.alwaysFault = 'wrongShape';
    const { skipped } = await scorer.score(tinyChain(3));
    expect(skipped.get(2)).toMatch(/^The server gave 2 rows of scores for 3 steps: the text was truncated/);
  });

  it('sends a chat layout as messages', async () => {
    const chat = {
      kind: 'chat',
      system: 'Reason.',
      user: '{question}',
      assistant: '{steps}',
      step: `{step}${separator}`,
      marker: separator,
    };
    const { scorer, server } = await opened('vllm-pooling', { ...tinyProfiles.marked, layout: chat }, poolingHandler('nested'));
    const { skipped } = await scorer.score(tinyChain(2));
    expect(skipped.size).toBe(0);
    const [first, second] = tinyChain(2).steps;
    expect(JSON.parse(server.requests[0]!.body.toString())).toMatchObject({
      model: 'tiny',
      task: 'token_classify',
      add_generation_prompt: false,
      messages: [
        { role: 'system' },
        { role: 'user', content: tinyChain(2).question },
        { role: 'assistant', content: `${first!.text}${separator}${second!.text}${separator}` },
      ],
    });
  });

  it('scores the first steps of a path that is too long', async () => {
    const limit = 140;
    const handler: Handler = (request, fault) => {
      const tooLong = request.path === '/pooling' && (JSON.parse(request.body.toString()) as { input: string }).input.length > limit;
      return tooLong ? { status: 400, body: '{"error":{"message":"maximum context length"}}' } : poolingHandler('nested')(request, fault);
    };
    const { scorer } = await opened('vllm-pooling', tinyProfiles.marked, handler);
    const { question, steps } = tinyChain(9);
    let length = `Q: ${question}\n`.length;
    const fitting = steps.filter(({ text }) => (length += text.length + separator.length) <= limit).length;
    expect(fitting).toBeGreaterThan(2);
    const { scores, skipped } = await scorer.score(tinyChain(9));
    expect([...skipped.keys()]).toEqual(Array.from({ length: 9 - fitting }, (_, i) => fitting + i));
    expect([...scores].filter((score) => score >= 0)).toHaveLength(fitting);
    expect(skipped.get(8)).toContain('maximum context length');
  });
});

describe('the Open Inference backend', () => {
  beforeEach(() => writeFile(join(folder, 'tokenizer.json'), JSON.stringify(tinyTokenizer)));

  it('refuses a model with unknown inputs, and one that gives no score per token', async () => {
    const strange = { ...tinyGraph, inputs: [...tinyGraph.inputs, { name: 'token_type_ids', datatype: 'INT64', shape: [-1, -1] }] };
    await expect((await opened('open-inference', tinyProfiles.marked, inferenceHandler(strange, true))).scorer.describe()).rejects.toThrow(
      /inputs that StepLens does not know: token_type_ids/,
    );
    const { scorer, server } = await opened('open-inference', tinyProfiles.marked, inferenceHandler(tinyGraph, true));
    server.alwaysFault = 'wrongShape';
    await expect(scorer.score(tinyChain(1))).rejects.toThrow(/has \d+ values instead of \d+|gives no score per token/);
    const { scorer: pooled } = await opened(
      'open-inference',
      tinyProfiles.marked,
      inferenceHandler({ ...tinyGraph, run: () => Promise.resolve({ values: new Float32Array(2), shape: [1, 1, 2] }) }, false),
    );
    await expect(pooled.score(tinyChain(1))).rejects.toThrow(/gives no score per token/);
  });

  it('skips steps that are too long for the model, without sending them', async () => {
    const { scorer, server } = await opened('open-inference', { ...tinyProfiles.marked, maxTokens: 80 }, inferenceHandler(tinyGraph, true));
    const { skipped } = await scorer.score(tinyChain(6));
    expect(skipped.get(5)).toMatch(/Too long: .*the model takes 80 tokens/);
    expect(skipped.has(0)).toBe(false);
    expect(server.requests).toHaveLength(1);
  });
});
