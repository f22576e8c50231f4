import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openOwnVerifier } from '../../server/answers/ownVerifier.js';
import type { VerifyRequest } from '../../server/answers/verifier.js';
import { createJudge } from '../../server/labeling/judge.js';
import type { BestOfNLine } from '../../server/protocol/evaluation.js';
import { run } from '../cli/runner.js';

const host = { apiKey: undefined, log: { info: () => undefined } };
const limits = { timeout: 20_000, concurrency: 2 };

/** Starts an endpoint at `/verify` on this machine that replies with the result of `reply`. */
async function endpoint(reply: (request: Omit<VerifyRequest, 'signal'>, call: IncomingMessage, response: ServerResponse) => unknown) {
  const server = createServer((call, response) => {
    void textOf(call).then((body) => {
      const told = reply(JSON.parse(body) as VerifyRequest, call, response);
      if (told !== undefined) response.end(typeof told === 'string' ? told : JSON.stringify(told));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/verify`;
}

const equality = ({ answer, reference }: VerifyRequest) => ({ verdict: answer === reference ? 'right' : 'wrong', reason: 'by letter' });

describe('a custom verifier endpoint', () => {
  it('gets question, reference, answer and steps, with the key of its server, and decides the verdict', async () => {
    const asked: unknown[] = [];
    const url = await endpoint((request, { method, url: path, headers }) => {
      asked.push({ method, path, key: headers.authorization, ...request });
      return equality(request);
    });
    const verifier = openOwnVerifier(url, { ...host, apiKey: 'sk-own' }, limits);
    const request = { reference: 'C', question: 'Which one?', solution: ['x', 'So C.'] };
    expect(await verifier.verify({ ...request, answer: 'C' })).toEqual({ verdict: 'right', method: 'own', reason: 'by letter' });
    expect(await verifier.verify({ ...request, answer: undefined })).toMatchObject({ verdict: 'wrong', method: 'own' });
    expect(asked).toEqual([
      { method: 'POST', path: '/verify', key: 'Bearer sk-own', ...request, answer: 'C' },
      { method: 'POST', path: '/verify', key: 'Bearer sk-own', ...request, answer: null },
    ]);
    await verifier.dispose();
  });

  it.each([
    ['fails', (response: ServerResponse) => void response.writeHead(400).end('bad test'), 'answered 400'],
    ['replies with a page', () => '<html></html>', 'HTML page instead of JSON'],
    ['gives no verdict', () => ({ correct: true }), 'gave no "verdict"'],
    ['gives another verdict', () => ({ verdict: 'maybe' }), 'gave no "verdict"'],
    ['replies without end', () => JSON.stringify({ verdict: 'right', reason: 'x'.repeat(1e6) }), 'longer than'],
    ['redirects', (response: ServerResponse) => void response.writeHead(302, { location: 'http://127.0.0.1:1/' }).end(), 'edirects'],
  ])('leaves the answer undecided, never wrong, if it %s', async (_, reply, reason) => {
    const url = await endpoint((_request, _call, response) => reply(response));
    const verdict = await openOwnVerifier(url, host, limits).verify({ answer: '1', reference: '1' });
    expect(verdict).toEqual({ verdict: 'undecided', method: 'error', reason: expect.stringContaining(reason) as string });
  });

  it('leaves the answer undecided if there is no server at its address', async () => {
    const verdict = await openOwnVerifier('http://127.0.0.1:9/verify', host, limits).verify({ answer: '1', reference: '1' });
    expect(verdict).toMatchObject({ verdict: 'undecided', method: 'error' });
  });

  it('is abandoned at its time limit, and when the run is cancelled', async () => {
    let calls = 0;
    const url = await endpoint(() => void calls++);
    const late = await openOwnVerifier(url, host, { timeout: 50, concurrency: 1 }).verify({ answer: '1', reference: '1' });
    expect(late).toEqual({ verdict: 'undecided', method: 'limit', reason: 'The verifier took longer than 0.05 s.' });
    const controller = new AbortController();
    const cancelled = openOwnVerifier(url, host, limits).verify({ answer: '1', reference: '1', signal: controller.signal });
    controller.abort();
    await expect(cancelled).rejects.toThrow('abort');
  });

  it('is part of the fingerprint of the judge, and gives the reason for each verdict', async () => {
    const url = await endpoint(equality);
    const judge = createJudge({ verifier: openOwnVerifier(url, host, limits) });
    expect(judge.fingerprint).toBe(`endpoint ${url.slice('http://'.length)}`);
    const request = { question: 'Write f.', reference: 'C', solution: ['So <answer>C</answer>'] };
    expect(await judge.judge(request)).toEqual({ answer: 'C', verdict: 'right', method: 'own', reason: 'by letter' });
    const broken = createJudge({ verifier: openOwnVerifier(await endpoint(() => 'no'), host, limits) });
    expect(await broken.judge(request)).toMatchObject({ verdict: 'undecided', method: 'error', reason: expect.any(String) as string });
  });

  it('is used by `steplens verify` and `steplens evaluate`', async () => {
    const asked: unknown[] = [];
    const url = await endpoint((request) => {
      asked.push(request);
      return { verdict: request.answer === '9' ? 'right' : 'wrong' };
    });
    expect((await run(['verify', '10', '9', '--verifier', url])).out).toBe('right (own)\n');
    const folder = await mkdtemp(join(tmpdir(), 'steplens-own-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const row = {
      question: 'What is 3 + 7?',
      answer: '10',
      image_path: '',
      solutions_splits: [
        ['3 + 7 = 10.', 'The answer is 10.'],
        ['3 + 7 = 9.', 'The answer is 9.'],
      ],
      prm_scores: [
        [0.9, 0.9],
        [0.1, 0.1],
      ],
    };
    await writeFile(join(folder, 'rows.jsonl'), JSON.stringify(row));
    const { code, out, err } = await run(['evaluate', join(folder, 'rows.jsonl'), '--json', '--verifier', url]);
    expect([code, err]).toEqual([0, '']);
    // The rules would accept the first candidate, which all scores choose.
    const { accuracy } = JSON.parse(out) as BestOfNLine;
    expect([accuracy.pass[1]!.value, accuracy.last[1]!.value]).toEqual([1, 0]);
    expect(asked.at(-1)).toEqual({ question: 'What is 3 + 7?', reference: '10', answer: '9', solution: row.solutions_splits[1] });
  });

  it.each(['http://a@127.0.0.1:9/', 'https://host/verify?key=1'])('is refused if its URL contains a secret: %s', async (url) => {
    const { code, err } = await run(['verify', '1', '1', '--verifier', url]);
    expect([code, err]).toEqual([2, expect.stringContaining('The verifier at')]);
  });
});
