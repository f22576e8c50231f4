import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ModelError } from '../../../server/models/modelError.js';
import { profileHas } from '../../../server/models/modelFiles.js';
import { pathRequests } from '../../../server/scoring/backends/pathRequests.js';
import { parseRemoteProfile } from '../../../server/scoring/backends/remoteProfile.js';
import { buildTrie } from '../../../server/scoring/prefixTrie.js';
import { tinyProfiles } from './tinyModel.js';

const server = { url: 'http://gpu-box:8000/', model: 'm' };
const parse = (profile: object, backend: object) =>
  parseRemoteProfile(JSON.stringify({ ...profile, backend: { ...server, ...backend } }), '/m/prm.json');

describe('parseRemoteProfile', () => {
  it('reads the kinds open-inference, vllm-pooling, chat-logprobs and judge', () => {
    const common = { name: 'Tiny', threshold: 0.5, server: { url: 'http://gpu-box:8000', model: 'm', concurrency: 4 } };
    expect(parse(tinyProfiles.marked, { kind: 'open-inference', version: '3' })).toMatchObject({
      ...common,
      kind: 'open-inference',
      version: '3',
      local: { maxTokens: 4000 },
    });
    expect(parse(tinyProfiles.marked, { kind: 'vllm-pooling' })).toMatchObject({ ...common, kind: 'vllm-pooling' });
    expect(parse(tinyProfiles.turns, { kind: 'chat-logprobs', concurrency: 16 })).toMatchObject({
      server: { concurrency: 16 },
      local: { layout: { kind: 'turns' } },
    });
    expect(parse({ ...tinyProfiles.judge, $schema: 'x' }, { kind: 'judge', images: true })).toMatchObject({
      ...common,
      kind: 'judge',
      images: true,
      range: [0, 1],
    });
  });

  it('fills in missing settings from the family', () => {
    expect(parse({ family: 'qwen2.5-math-prm' }, { kind: 'vllm-pooling' })).toMatchObject({
      name: 'Qwen2.5-Math-PRM',
      local: { layout: { kind: 'chat' } },
    });
    expect(parse({ family: 'rlhflow' }, { kind: 'chat-logprobs' })).toMatchObject({
      local: { layout: { kind: 'turns' }, readout: { positive: '+' } },
    });
  });

  it.each([
    [{ kind: 'tgi' }, /'backend.kind' is "tgi"; it must be "open-inference" or "vllm-pooling" or "chat-logprobs" or "judge"/],
    [{ kind: 'judge', url: 'file:///etc/passwd' }, /'backend.url' is .* it must be the address of a server/],
    [{ kind: 'judge', url: 'gpu-box:8000' }, /'backend.url'/],
    [{ kind: 'judge', model: '' }, /'backend.model'/],
    [{ kind: 'judge', concurrency: 0 }, /'backend.concurrency' is 0; it must be a whole number of requests at once from 1 to 10,000/],
    [{ kind: 'judge', images: 'yes' }, /'backend.images' is "yes"; it must be true or false/],
    [{ kind: 'judge', apiKey: 'secret' }, /'backend.apiKey' is not known here/],
  ])('refuses %j', (backend, message) => {
    expect(() => parse(tinyProfiles.judge, backend)).toThrow(ModelError);
    expect(() => parse(tinyProfiles.judge, backend)).toThrow(message);
  });

  it.each(['http://user:secret@gpu-box', 'https://gpu-box/?key=secret', 'https://gpu-box/#secret'])(
    'refuses a key in the address, and does not repeat it: %s',
    (url) => {
      const refused = () => parse(tinyProfiles.judge, { kind: 'judge', url });
      expect(refused).toThrow(/Keys stay out of files.*STEPLENS_API_KEY/);
      expect(refused).not.toThrow(/secret/);
    },
  );

  it('accepts every profile that docs/families.md shows', async () => {
    const page = await readFile('docs/families.md', 'utf8');
    const shown = [...page.matchAll(/```json\n(\{.*"backend".*\})\n```/g)].map(
      ([, text]) => parseRemoteProfile(text!, 'docs/families.md').kind,
    );
    expect(shown).toEqual(['open-inference', 'vllm-pooling', 'chat-logprobs', 'judge', 'critique']);
  });

  it('relies on profileHas, which finds the key backend in the text of a profile', () => {
    expect(profileHas('{"backend": {}}', 'backend')).toBe(true);
    for (const text of ['{"graph": "backend"}', '{', '[]', 'null', '']) expect(profileHas(text, 'backend')).toBe(false);
  });
});

describe('pathRequests', () => {
  it('reads every wanted node once, on a path that ends in a wanted node; with "path", no path begins another', () => {
    const forest = fc.array(fc.record({ up: fc.nat(5), wanted: fc.boolean() }), { maxLength: 40 });
    fc.assert(
      fc.property(forest, (list) => {
        const steps = list.map(({ up }, i) => ({ text: String(i), ...(i - up - 1 >= 0 && { parent: i - up - 1 }) }));
        const trie = buildTrie({ question: 'q', images: [], steps }, 'm');
        const wanted = [...list.keys()].filter((i) => list[i]!.wanted);
        for (const asks of ['path', 'step'] as const) {
          const requests = pathRequests(trie, (node) => wanted.includes(node), asks);
          expect(requests.flatMap(({ nodes }) => nodes).sort((a, b) => a - b)).toEqual(wanted);
          for (const { path, nodes } of requests) {
            expect(nodes.at(-1)).toBe(path.at(-1));
            expect(path.filter((node) => nodes.includes(node))).toEqual(nodes);
            path.forEach((node, i) => expect(trie.nodes[node]!.parent).toBe(path[i - 1] ?? -1));
          }
          if (asks === 'path') {
            const inner = new Set(requests.flatMap(({ path }) => path.slice(0, -1)));
            for (const { path } of requests) expect(inner.has(path.at(-1)!)).toBe(false);
          }
        }
      }),
    );
  });
});
