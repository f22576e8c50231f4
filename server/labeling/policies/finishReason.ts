/** How a text ended; servers have many names for it. */
export type Finish = 'stop' | 'length' | 'withheld' | 'tool' | 'broken';

/**
 * Known finish reasons of servers and gateways, in lower case without separators: OpenAI, vLLM, SGLang, TGI, Ollama,
 * DeepSeek, Mistral, Gemini, Anthropic, Bedrock, Cohere and Zhipu. All others (`eos_token`, `end_turn`, `COMPLETE`)
 * mean that the model ended the text itself.
 */
const KNOWN: Readonly<Record<Exclude<Finish, 'stop'>, readonly string[]>> = {
  length: [
    'length',
    'maxtokens',
    'modellength',
    'maxlength',
    'contextlength',
    'modelcontextwindowexceeded',
    'errorlimit',
    'maxoutputtokens',
  ],
  withheld: [
    'contentfilter',
    'contentfiltered',
    'safety',
    'imagesafety',
    'recitation',
    'blocklist',
    'prohibitedcontent',
    'spii',
    'refusal',
    'sensitive',
    'guardrailintervened',
    'errortoxic',
  ],
  tool: ['toolcalls', 'toolcall', 'tooluse', 'functioncall', 'malformedfunctioncall', 'unexpectedtoolcall', 'malformedtooluse'],
  broken: [
    'abort',
    'aborted',
    'cancel',
    'cancelled',
    'canceled',
    'usercancel',
    'error',
    'servererror',
    'internalerror',
    'networkerror',
    'insufficientsystemresource',
    'timeout',
    'load',
    'unload',
    'finishreasonunspecified',
    'other',
  ],
};

const FINISHES = new Map(Object.entries(KNOWN).flatMap(([finish, names]) => names.map((name) => [name, finish as Finish] as const)));

/** `reason`: the field `finish_reason` of a choice, which may be missing. */
export function finishOf(reason: unknown): Finish {
  return typeof reason === 'string' ? (FINISHES.get(reason.toLowerCase().replace(/[^a-z]/g, '')) ?? 'stop') : 'stop';
}
