import { type Answer, type Fault, type Handler, json, type Received } from './loopbackServer.js';
import { encode, separatorScores, tinyModel, tinyScore } from './tinyModel.js';

/** A model behind the Open Inference Protocol: [1, S] ids to raw scores [1, S, width]. */
export interface ServedGraph {
  readonly inputs: readonly { readonly name: string; readonly datatype: string; readonly shape: readonly number[] }[];
  /** Data type of the logits in the reply. */
  readonly datatype: 'FP32' | 'FP16' | 'BF16';
  run(feeds: ReadonlyMap<string, DecodedInput>): Promise<{ readonly values: Float32Array; readonly shape: readonly number[] }>;
}

export interface DecodedInput {
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

interface WireInput {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly number[];
  readonly data?: readonly number[];
  readonly parameters?: { readonly binary_data_size: number };
}

export const tinyGraph: ServedGraph = {
  inputs: [
    { name: 'input_ids', datatype: 'INT64', shape: [-1, -1] },
    { name: 'attention_mask', datatype: 'INT32', shape: [-1, -1] },
  ],
  datatype: 'FP32',
  run(feeds) {
    const ids = feeds.get('input_ids')!.values;
    if (feeds.get('attention_mask')!.values.some((value) => value !== 1)) throw new Error('the mask is not 1');
    return Promise.resolve({ values: tinyModel(ids), shape: [1, ids.length, 2] });
  },
};

/** Triton, KServe or MLServer. `binary`: whether the server supports Triton's binary extension. */
export function inferenceHandler(graph: ServedGraph, binary: boolean): Handler {
  const outputs = [{ name: 'logits', datatype: graph.datatype, shape: [-1, -1, 2] }];
  return async (request, fault): Promise<Answer> => {
    switch (`${request.method} ${request.path}`) {
      case 'GET /v2/health/ready':
        return { status: 200, body: '' };
      case 'GET /v2':
        return json({ name: 'triton', version: '2.50.0', extensions: binary ? ['classification', 'binary_tensor_data'] : [] });
      case 'GET /v2/models/tiny':
        return json({ name: 'tiny', versions: ['1'], platform: 'onnxruntime_onnx', inputs: graph.inputs, outputs });
      case 'POST /v2/models/tiny/infer':
        break;
      default:
        return json({ error: `Request for unknown model: '${request.path}' is not found` }, 404);
    }
    const { inputs, isBinary } = decodeRequest(request);
    const { values, shape } = await graph.run(inputs);
    if (fault === 'nan') values.fill(NaN);
    const told = { name: 'logits', datatype: graph.datatype, shape: fault === 'wrongShape' ? [1, shape[1]! + 1, shape[2]!] : shape };
    if (!isBinary) {
      const text = JSON.stringify({ model_name: 'tiny', outputs: [{ ...told, data: Array.from(values) }] });
      // Python's json module writes NaN like this.
      return { status: 200, body: fault === 'nan' ? text.replaceAll('null', 'NaN') : text };
    }
    const bytes = toBytes(values, graph.datatype);
    const head = Buffer.from(
      JSON.stringify({ model_name: 'tiny', outputs: [{ ...told, parameters: { binary_data_size: bytes.length } }] }),
    );
    return {
      status: 200,
      headers: { 'content-type': 'application/octet-stream', 'inference-header-content-length': String(head.length) },
      body: Buffer.concat([head, bytes]),
    };
  };
}

function decodeRequest({ headers, body }: Received): { inputs: Map<string, DecodedInput>; isBinary: boolean } {
  const length = headers['inference-header-content-length'];
  const end = length === undefined ? body.length : Number(length);
  const { inputs } = JSON.parse(body.toString('utf8', 0, end)) as { inputs: WireInput[] };
  let at = end;
  const decoded = inputs.map(({ name, datatype, shape, data, parameters }) => {
    const bytes = parameters && body.subarray(at, (at += parameters.binary_data_size));
    const values = bytes ? fromBytes(bytes, datatype) : data!;
    if (values.length !== shape.reduce((a, b) => a * b, 1)) throw new Error(`${name} does not fill its shape`);
    return [name, { datatype, shape, values }] as const;
  });
  if (at !== body.length) throw new Error('bytes are left over');
  return { inputs: new Map(decoded), isBinary: length !== undefined };
}

function fromBytes(bytes: Buffer, datatype: string): number[] {
  const { buffer } = new Uint8Array(bytes);
  if (datatype === 'INT64') return Array.from(new BigInt64Array(buffer), Number);
  return [...(datatype === 'INT32' ? new Int32Array(buffer) : new Float32Array(buffer))];
}

function toBytes(values: Float32Array, datatype: ServedGraph['datatype']): Buffer {
  if (datatype === 'FP32') return Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  const halves = Uint16Array.from(bits, datatype === 'BF16' ? (one) => one >>> 16 : toHalf);
  return Buffer.from(halves.buffer);
}

/** Converts float32 bits to half precision. Only for normal numbers; truncates instead of rounding. */
function toHalf(bits: number): number {
  const exponent = ((bits >>> 23) & 0xff) - 112;
  return ((bits >>> 16) & 0x8000) | (exponent > 0 ? (exponent << 10) | ((bits >>> 13) & 0x3ff) : 0);
}

export type PoolingEncoding = 'nested' | 'flat' | 'base64';

/** vLLM with `--runner pooling` and STEP pooling. */
export function poolingHandler(encoding: PoolingEncoding): Handler {
  return (request, fault) => {
    if (request.path === '/v1/models') return json({ object: 'list', data: [{ id: 'tiny', object: 'model', max_model_len: 4096 }] });
    if (request.path !== '/pooling') return json({ detail: 'Not Found' }, 404);
    const body = JSON.parse(request.body.toString()) as {
      model: string;
      task: string;
      input?: string;
      messages?: { role: string; content: string }[];
    };
    if (body.model !== 'tiny') return json({ error: { message: `The model \`${body.model}\` does not exist.`, code: 404 } }, 404);
    if (body.task !== 'token_classify') return json({ error: { message: `Unsupported task ${body.task}` } }, 400);
    const text = body.input ?? body.messages!.map(({ role, content }) => (role === 'user' ? `Q: ${content}\n` : content)).join('');
    const rows = separatorScores(encode(text)).map((score) => (fault === 'nan' ? [NaN, NaN] : [1 - score, score]));
    if (fault === 'wrongShape') rows.pop();
    const data =
      encoding === 'nested'
        ? rows
        : encoding === 'flat'
          ? rows.flat()
          : Buffer.from(Float32Array.from(rows.flat()).buffer).toString('base64');
    const written = JSON.stringify({
      id: 'pool-1',
      object: 'list',
      created: 0,
      model: 'tiny',
      data: [{ index: 0, object: 'pooling', data }],
      usage: { prompt_tokens: text.length, total_tokens: text.length },
    });
    return { status: 200, body: fault === 'nan' ? written.replaceAll('null', 'NaN') : written };
  };
}

interface ChatBody {
  readonly model: string;
  readonly messages: readonly {
    readonly role: string;
    readonly content: string | readonly { readonly type: string; readonly text?: string }[];
  }[];
  readonly max_tokens: number;
  readonly logprobs: boolean;
  readonly top_logprobs: number;
}

export type Listed = readonly { readonly token: string; readonly logprob: number }[];

/** A chat model that answers with one of two words. @param list Returns the most likely tokens for a score. */
export function chatHandler(words: readonly [positive: string, negative: string], list?: (score: number) => Listed): Handler {
  return (request, fault) => {
    if (request.path === '/v1/models') return json({ object: 'list', data: [{ id: 'tiny', object: 'model' }] });
    if (request.path !== '/v1/chat/completions') return json({ detail: 'Not Found' }, 404);
    const body = JSON.parse(request.body.toString()) as ChatBody;
    if (body.model !== 'tiny') return json({ error: { message: `The model \`${body.model}\` does not exist.`, code: 404 } }, 404);
    if (body.max_tokens !== 1 || !body.logprobs || body.top_logprobs < 5)
      return json({ error: { message: 'no log-probabilities were asked for' } }, 400);
    const { question, steps } = asked(body);
    const score = tinyScore(question, steps);
    const top = list?.(score) ?? [
      { token: words[0], logprob: Math.log(score * 0.9) },
      { token: words[1], logprob: Math.log((1 - score) * 0.9) },
      { token: 'The', logprob: Math.log(0.1) },
    ];
    return json({
      id: 'chatcmpl-1',
      object: 'chat.completion',
      created: 0,
      model: 'tiny',
      choices: [choice(top, fault)],
      usage: { prompt_tokens: 5, completion_tokens: 1, total_tokens: 6 },
    });
  };
}

/** A model that writes a critique token by token, and its verdict after `Is it right?`. Streams on request. */
export const critiqueHandler: Handler = (request, fault) => {
  if (request.path === '/v1/models') return json({ object: 'list', data: [{ id: 'tiny', object: 'model' }] });
  if (request.path !== '/v1/chat/completions') return json({ detail: 'Not Found' }, 404);
  const body = JSON.parse(request.body.toString()) as ChatBody;
  if (body.model !== 'tiny') return json({ error: { message: `The model \`${body.model}\` does not exist.`, code: 404 } }, 404);
  const [question = '', ...steps] = (body.messages[0]!.content as string).split('\n@');
  const score = tinyScore(question, steps);
  const listed = [
    { token: ' Yes', logprob: Math.log(score * 0.9) },
    { token: ' No', logprob: Math.log((1 - score) * 0.9) },
    { token: ' Maybe', logprob: Math.log(0.1) },
  ];
  const best = score >= 0.5 ? ' Yes' : ' No';
  const plain = (token: string) => ({ token, logprob: -0.1, top_logprobs: [{ token, logprob: -0.1 }] });
  const verdict = {
    token: best,
    logprob: 0,
    top_logprobs: listed.map(({ token, logprob }) => ({ token, logprob: fault === 'nan' ? null : logprob })),
  };
  const tokens = ['Is it', ' right?', ' No', '. Wait', '.\nIs', ' it', ' right?'].map(plain);
  const content = [...tokens, verdict, plain('.')];
  const usage = { prompt_tokens: 5, completion_tokens: content.length, total_tokens: 5 + content.length };
  const logprobs = fault === 'wrongShape' ? null : { content };
  const message = { role: 'assistant', content: content.map(({ token }) => token).join('') };
  return json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'tiny',
    choices: [{ index: 0, finish_reason: 'stop', message, logprobs }],
    usage,
  });
};

function choice(top: Listed, fault: Fault | undefined) {
  const best = top.reduce((a, b) => (a.logprob >= b.logprob ? a : b));
  const listed = top.map(({ token, logprob }) => ({ token, logprob: fault === 'nan' ? null : logprob, bytes: null }));
  const content = [{ ...best, bytes: null, top_logprobs: listed }];
  return {
    index: 0,
    finish_reason: 'length',
    message: { role: 'assistant', content: best.token },
    logprobs: fault === 'wrongShape' ? null : { content },
  };
}

/** Question and steps from the turns of a generative PRM, or from the sections of the judge's prompt. */
function asked({ messages }: ChatBody): { question: string; steps: string[] } {
  const texts = messages
    .filter(({ role }) => role === 'user')
    .map(({ content }) => (typeof content === 'string' ? content : (content.find(({ type }) => type === 'text')?.text ?? '')));
  const section = (name: string) => texts[0]!.split(`[${name}]\n\n`)[1]?.split('\n\n[')[0];
  const problem = section('Problem');
  if (problem !== undefined) {
    const before = section('Partial Solution')!;
    return { question: problem, steps: [...(before === 'No partial solution' ? [] : before.split('\n\n')), section('Following Steps')!] };
  }
  if (messages.some(({ role, content }) => role === 'assistant' && content !== '+')) throw new Error('an earlier turn is not +');
  const [question = '', first = ''] = texts[0]!.split('\n\n');
  return { question, steps: [first, ...texts.slice(1)] };
}
