import { resolve } from 'node:path';
import type { Verifier } from '../../answers/verifier.js';
import { InferenceClient } from '../../inference/client.js';
import type { Device } from '../../inference/protocol.js';
import { threadsFor } from '../../inference/threads.js';
import { english } from '../../l10n.js';
import { OpenAiClient, type OpenAiLog } from '../../remote/openAiClient.js';
import { withoutSecrets } from '../../remote/serverAddress.js';
import type { Breaker } from '../breaker.js';
import { createJudge, type Judge } from '../judge.js';
import { patientJudge } from '../patientJudge.js';
import { type Policy, PolicyError } from '../policy.js';
import { createLlmJudge } from './llmJudge.js';
import { openLocalPolicy } from './localPolicy.js';
import { type OpenAiPolicyOptions, openOpenAiPolicy } from './openAiPolicy.js';

/** Which model writes rollouts, and how it is asked. */
export interface PolicyChoice {
  /** `mini` for the bundled one, the folder of a local one, or the base URL of an OpenAI-compatible server. */
  readonly policy: string;
  /** Further servers of the same model. */
  readonly more?: readonly string[];
  readonly device: Device;
  /** 0: half the cores, at most 4. */
  readonly threads: number;
  readonly server: Pick<
    OpenAiPolicyOptions,
    | 'model'
    | 'mode'
    | 'continuation'
    | 'temperature'
    | 'topP'
    | 'maxTokens'
    | 'stop'
    | 'extraBody'
    | 'systemPrompt'
    | 'template'
    | 'stepDelimiter'
    | 'concurrency'
    | 'timeout'
    | 'retries'
  >;
}

/** An LLM that is asked where the rules cannot decide. */
export interface JudgeChoice {
  readonly url: string;
  readonly model: string;
  readonly server: Pick<OpenAiPolicyOptions, 'concurrency' | 'timeout' | 'retries'>;
}

export interface PolicyHost {
  /** Folder of the bundled policy. */
  readonly bundledPolicy: string;
  /** Program of the inference child. */
  readonly inferenceEntry: string;
  /** The key that was set for a server. */
  readonly key: (url: string) => string | undefined;
  readonly log: OpenAiLog;
}

/** Opens the chosen policy. A model or server that cannot be used fails at its first request. */
export function openPolicy(
  { policy, more = [], device, threads, server }: PolicyChoice,
  { bundledPolicy, inferenceEntry, key, log }: PolicyHost,
): Policy {
  if (isUrl(policy)) return openOpenAiPolicy({ ...server, baseUrls: [policy, ...more], log, key });
  if (/^[a-z]{2,}:/i.test(policy))
    throw new PolicyError(
      english('The policy "{0}" is not the URL of a server: it begins with http:// or https://.', withoutSecrets(policy)),
    );
  const client = new InferenceClient({ entry: inferenceEntry, log });
  const local = openLocalPolicy({
    folder: policy === 'mini' ? bundledPolicy : resolve(policy),
    client,
    device,
    threads: threadsFor(threads),
  });
  return { ...local, dispose: () => client.dispose() };
}

/** External dependencies of a judge. With a breaker, requests wait while the judge is unavailable. */
export interface JudgeHost extends Pick<PolicyHost, 'key' | 'log'> {
  readonly breaker?: Breaker;
}

/** Opens the rules, followed by an LLM if one is chosen. */
export function openJudge(verifier: Verifier, choice: JudgeChoice | undefined, { key, log, breaker }: JudgeHost): Judge {
  if (choice === undefined) return createJudge({ verifier });
  const { url, model, server } = choice;
  if (!isUrl(url))
    throw new PolicyError(english('The judge "{0}" is not the URL of a server: it begins with http:// or https://.', withoutSecrets(url)));
  const client = new OpenAiClient({ ...server, baseUrl: url, streams: true, log, Unusable: PolicyError, apiKey: key(url) });
  const ask = createLlmJudge({ client, model });
  return createJudge({ verifier, llm: { name: model, ask: breaker === undefined ? ask : patientJudge(ask, breaker) } });
}

function isUrl(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}
