import type { Graph, KeyValueCache } from '../../server/inference/graph/graph.js';
import type { ProviderName } from '../../server/inference/protocol.js';
import type { Runtime, RuntimeSession, TensorInfo, TensorValue } from '../../server/inference/runtime.js';

/** Raw scores like those of a causal model: two columns, which depend on all tokens so far. */
export function fakeScores(tokens: readonly number[]): number[] {
  let state = 7;
  return tokens.flatMap((token) => {
    state = (state * 31 + token) % 1009;
    return [state / 1009, token / 300];
  });
}

export interface RecordedRun {
  readonly past: number;
  readonly ids: readonly number[];
}

/** A graph in memory; its cache holds the tokens themselves. */
export function fakeGraph(cacheLayout: Graph['cacheLayout'], runs: RecordedRun[]): Graph {
  class TokenCache implements KeyValueCache {
    tokens: number[] = [];
    get length() {
      return this.tokens.length;
    }
    get bytes() {
      return this.tokens.length * 1000;
    }
    cut(length: number) {
      this.tokens.length = Math.min(length, this.tokens.length);
    }
    copy(length = this.tokens.length) {
      const copy = new TokenCache();
      copy.tokens = this.tokens.slice(0, length);
      return copy;
    }
  }
  return {
    cacheLayout,
    takesImages: false,
    bytesPerToken: 1000,
    createCache: () => new TokenCache(),
    run(keyValues, ids, _pixels, reads = Int32Array.from(ids.keys())) {
      const { tokens } = keyValues as TokenCache;
      runs.push({ past: tokens.length, ids: [...ids] });
      const all = [...tokens, ...ids];
      const scores = fakeScores(all).slice(tokens.length * 2);
      const values = Float32Array.from([...reads].flatMap((token) => scores.slice(token * 2, token * 2 + 2)));
      if (cacheLayout !== 'none') tokens.push(...ids);
      return Promise.resolve({ values, width: 2 });
    },
    release: () => Promise.resolve(),
  };
}

const ids: TensorInfo = { name: 'input_ids', type: 'int64', shape: [1, 'S'] };
const mask: TensorInfo = { name: 'attention_mask', type: 'int64', shape: [1, 'S'] };
const logits: TensorInfo = { name: 'logits', type: 'float32', shape: [1, 'S', 2] };

export interface FakeProvider {
  readonly missing?: string;
  readonly createError?: string;
  readonly runError?: string;
  /** Added to the first column of every token from this position on. */
  readonly error?: { readonly by: number; readonly from: number };
  /** The score of a token depends on the number of tokens after it. */
  readonly looksAhead?: boolean;
  readonly waitMs?: number;
  readonly inputs?: readonly TensorInfo[];
  readonly dims?: readonly number[];
}

/** Sessions without a cache, with scores from `fakeScores` and the given faults. `open` counts unreleased sessions. */
export function fakeRuntime(
  providers: Partial<Record<ProviderName, FakeProvider>>,
  memory = Infinity,
): Runtime & { open: number; created: string[] } {
  const runtime = {
    open: 0,
    created: [] as string[],
    freeMemory: () => memory,
    version: 'test',
    missing: (name: ProviderName) => (providers[name] ? providers[name].missing : 'not here'),
    createSession(_path: string, name: ProviderName): Promise<RuntimeSession> {
      const provider = providers[name] ?? {};
      runtime.created.push(name);
      if (provider.createError !== undefined) return Promise.reject(new Error(provider.createError));
      runtime.open++;
      return Promise.resolve({
        inputs: provider.inputs ?? [ids, mask],
        outputs: [logits],
        async run(feeds: Readonly<Record<string, TensorValue>>) {
          if (provider.runError !== undefined) throw new Error(provider.runError);
          if (provider.waitMs) await new Promise((resolve) => setTimeout(resolve, provider.waitMs));
          const tokens = [...(feeds['input_ids']!.data as BigInt64Array)].map(Number);
          const data = Float32Array.from(fakeScores(tokens));
          if (provider.looksAhead) for (let i = 0; i < data.length; i += 2) data[i]! += tokens.length / 10;
          if (provider.error) for (let i = provider.error.from; i < tokens.length; i++) data[i * 2]! += provider.error.by;
          return { logits: { type: 'float32', data, dims: provider.dims ?? [1, tokens.length, 2] } };
        },
        release() {
          runtime.open--;
          return Promise.resolve();
        },
      });
    },
  };
  return runtime;
}
