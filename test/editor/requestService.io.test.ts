import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoggedDocument, requestAt, requestsOfEvent, requestsOfNode, sendRequestAgain } from '../../server/editor/requestService.js';
import { problemImages } from '../../server/files/images.js';
import { readDocument } from '../../server/formats/registry.js';
import type { KeptRequest } from '../../server/labeling/keptRequests.js';
import { labelProblem } from '../../server/labeling/labelProblem.js';
import { problemFiles } from '../../server/labeling/runFiles.js';
import { defaultLabelSettings } from '../../server/labeling/runSettings.js';
import { onThisMachine } from '../../server/remote/exchanges.js';
import { connect, startServer } from '../labeling/openAiSetup.js';
import { problem as question, walkPolicy } from '../labeling/scripted.js';
import { answerJudge } from '../labeling/solverPolicy.js';
import type { VllmServer } from '../labeling/vllmServer.js';

const KEY = 'sk-canary-0123456789';
const signal = new AbortController().signal;
// One pixel, padded so that its data URL is too long to be kept unchanged.
const png = Buffer.concat([
  Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
  Buffer.alloc(600),
]);

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'steplens-again-'));
});
afterAll(() => rm(root, { recursive: true }));

/** A labeled problem with a figure, its tree as a document, and its log. */
async function labeled(server: VllmServer, keepsRequests = true): Promise<{ document: LoggedDocument; log: string; folder: string }> {
  const folder = await mkdtemp(join(root, 'run-'));
  await writeFile(join(folder, 'figure.png'), png);
  const images = (names: readonly string[]) => problemImages({ searched: [folder], roots: [folder] }, names);
  const policy = connect(server, { continuation: 'prefix', apiKey: KEY });
  const settings = { ...defaultLabelSettings.mcts, rollouts: 4, searches: 2, seed: 3 };
  const problem = { ...question, images: ['figure.png'] };
  await labelProblem(problem, settings, { policy, judge: answerJudge, folder, images, keepsRequests });
  const { result, log } = problemFiles(folder, problem.id, 'mcts');
  const { problems } = readDocument(await readFile(result, 'utf8'), 'json')!;
  return {
    document: { uri: pathToFileURL(result).href, problems: problems.map((one) => ({ problem: one })) },
    log: pathToFileURL(log).href,
    folder,
  };
}

const place = (folder: string) => ({ searched: [folder], roots: [folder] });

describe('the requests of a tree', () => {
  it('are found for each rollout, for its node and for an event', async () => {
    const server = await startServer({ apiKey: KEY, n: 'ignored' }, walkPolicy({ mistakeRate: 0.4 }));
    const { document, log } = await labeled(server);
    const all = await requestsOfNode(document, { problem: 0, node: 0 });
    const [first] = await requestsOfEvent(log, all[0]!.place.event);
    expect(first).toEqual(all[0]);
    const { rollouts } = document.problems[0]!.problem.tree!.nodes[0]!;
    for (const [rollout, { steps }] of rollouts.entries()) {
      const found = await requestsOfNode(document, { problem: 0, node: 0, rollout });
      expect(found.length).toBeLessThan(all.length);
      const { request } = await requestAt(found.at(-1)!.place);
      expect(JSON.stringify(request.reply)).toContain(JSON.stringify(steps[0]).slice(1, -1));
    }
  });

  it('are reported as missing if the log keeps none', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.4 }));
    const { document } = await labeled(server, false);
    await expect(requestsOfNode(document, { problem: 0, node: 0 })).rejects.toThrow('keeps no requests');
  });
});

describe('sending a request again', () => {
  it('sends the same body with images and key, and returns the reply, also a failed one', async () => {
    const server = await startServer({ apiKey: KEY }, walkPolicy({ mistakeRate: 0.4 }));
    const { document, folder } = await labeled(server);
    const [found] = await requestsOfNode(document, { problem: 0, node: 0 });
    const request = await requestAt(found!.place);
    expect(JSON.stringify(request.request)).not.toContain(png.toString('base64'));
    const before = server.requests.length;
    const again = await sendRequestAgain(request, place(folder), () => Promise.resolve(KEY), signal);
    expect(server.requests.slice(before)).toEqual([server.requests[0]]);
    const { reply } = JSON.parse(again.document) as { reply: { choices: unknown } };
    expect(again.isFailed).toBe(false);
    expect(reply.choices).toEqual((request.request.reply as { choices: unknown }).choices);
    expect(again.document).not.toContain(KEY);
    const refused = await sendRequestAgain(request, place(folder), () => Promise.resolve('sk-wrong-key'), signal);
    expect(refused.isFailed).toBe(true);
    expect(JSON.parse(refused.document)).toMatchObject({ status: 401, reply: { error: 'Unauthorized' } });
    await rm(join(folder, 'figure.png'));
    await expect(sendRequestAgain(request, place(folder), () => Promise.resolve(KEY), signal)).rejects.toThrow(/image/i);
  });

  it('sends nothing that is not a request to a policy or judge', async () => {
    const server = await startServer({}, walkPolicy({ mistakeRate: 0.4 }));
    const kept = (changed: Partial<KeptRequest>) => ({
      request: { to: 'policy', rollouts: [0], url: `${server.url}/chat/completions`, request: {}, ms: 1, ...changed } as KeptRequest,
      title: '',
      origin: undefined,
      refusal: undefined,
      images: [],
    });
    for (const [changed, why] of [
      [{ url: `${server.url}/collections/delete` }, 'not the address of a policy'],
      [{ url: 'file:///etc/passwd/completions' }, 'not the URL of a server'],
      [{ url: 'http://user:secret@127.0.0.1/v1/completions' }, 'no user, password'],
      [{ url: onThisMachine }, 'on this machine'],
      [{ isCut: true, request: '{"model": "m' }, 'only a part'],
    ] as const)
      await expect(
        sendRequestAgain(kept(changed as Partial<KeptRequest>), place(root), () => Promise.resolve(undefined), signal),
      ).rejects.toThrow(why);
    expect(server.requests).toHaveLength(0);
  });
});
