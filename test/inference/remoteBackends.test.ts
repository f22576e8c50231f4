import { describe } from 'vitest';
import { serverBench } from '../scoring/backends/bench.js';
import { describeScorerContract, describeServerContract, type ServerBench, type Subject } from '../scoring/backends/contract.js';
import { chatHandler, critiqueHandler, inferenceHandler, poolingHandler, tinyGraph } from '../scoring/backends/handlers.js';
import type { Handler } from '../scoring/backends/loopbackServer.js';
import { tinyChain, tinyCritique, tinyProfiles, tinyScores, tinyTree } from '../scoring/backends/tinyModel.js';

function subject(kind: string, profile: object, handler: Handler, tolerance = 1e-6, backend: object = {}): Subject<ServerBench> {
  return {
    start: () => serverBench(handler, kind, profile, backend),
    job: tinyTree,
    chain: tinyChain,
    expected: (job) => Promise.resolve(tinyScores(job)),
    tolerance,
  };
}

const { marked, turns, judge } = tinyProfiles;

describe.each([
  ['open-inference, binary', 'path', subject('open-inference', marked, inferenceHandler(tinyGraph, true))],
  ['vllm-pooling', 'path', subject('vllm-pooling', marked, poolingHandler('nested'))],
  ['chat-logprobs', 'step', subject('chat-logprobs', turns, chatHandler(['+', '-']))],
  ['judge', 'step', subject('judge', judge, chatHandler(['Yes', 'No']))],
  ['critique', 'step', subject('critique', judge, critiqueHandler, 1e-6, tinyCritique)],
] as const)('a scorer with the backend %s', (_name, asks, one) => {
  describeScorerContract(one);
  describeServerContract(one, { asks });
});

describe.each([
  ['open-inference, JSON', subject('open-inference', marked, inferenceHandler(tinyGraph, false))],
  ['open-inference, FP16', subject('open-inference', marked, inferenceHandler({ ...tinyGraph, datatype: 'FP16' }, true), 2e-3)],
  ['open-inference, BF16', subject('open-inference', marked, inferenceHandler({ ...tinyGraph, datatype: 'BF16' }, true), 2e-2)],
  ['vllm-pooling, flat', subject('vllm-pooling', marked, poolingHandler('flat'))],
  ['vllm-pooling, base64', subject('vllm-pooling', marked, poolingHandler('base64'))],
] as const)('a scorer with the backend %s', (_name, one) => describeScorerContract(one));
