import { cp, mkdir, mkdtemp, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generatedSearch } from '../../scripts/gallery/generatedSearch.mjs';

interface Facts {
  readonly path: string;
  readonly problem: number;
  readonly step: number;
  readonly node?: number;
  readonly text: string;
  readonly verdict: string;
  readonly value: number;
  readonly valueBefore?: number;
}
interface Page {
  readonly items: readonly Facts[];
  readonly total: number;
  readonly nextCursor?: string;
}

let folder: string;
let workspace: string;
const client = new Client({ name: 'test', version: '1' });

/** Returns a tool's answer. Rejects with an Error if the tool refuses. */
async function ask<T>(name: string, args: Record<string, unknown>): Promise<T> {
  const { content, isError } = await client.callTool({ name, arguments: args });
  const [{ text }] = content as [{ readonly text: string }];
  if (isError === true) throw new Error(text);
  return JSON.parse(text) as T;
}

beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'steplens-mcp-')));
  workspace = join(folder, 'workspace');
  await cp('media/samples', workspace, { recursive: true });
  await writeFile(join(workspace, 'search.json'), generatedSearch({ nodes: 400 }));
  await writeFile(join(folder, 'secret.json'), generatedSearch({ nodes: 3 }));
  await mkdir(join(workspace, 'links'));
  await symlink(join(folder, 'secret.json'), join(workspace, 'links', 'out.json'));
  const transport = new StdioClientTransport({ command: process.execPath, args: ['dist/cli.js', 'mcp', '--stdio', workspace] });
  await client.connect(transport);
});

afterAll(async () => {
  await client.close();
  await rm(folder, { recursive: true, force: true });
});

describe('the MCP server over stdio', () => {
  it('introduces itself and lists its read-only tools with their arguments', async () => {
    expect(client.getServerVersion()).toMatchObject({ name: 'StepLens' });
    expect(client.getInstructions()).toContain('explain_label');
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual([
      'list_problems',
      'read_problem',
      'low_steps',
      'explain_label',
      'verify_answer',
      'score_problem',
      'evaluate',
    ]);
    for (const { annotations, inputSchema } of tools) {
      expect(annotations).toMatchObject({ readOnlyHint: true, openWorldHint: false });
      expect(Object.keys(inputSchema.properties ?? {})).toEqual(expect.arrayContaining([...(inputSchema.required ?? [])]));
    }
  });

  it('explains why a step is labeled wrong, and why its path is not in the training set', async () => {
    const { items } = await ask<Page>('low_steps', { path: 'trees/savings.json' });
    const [low] = items;
    expect(low).toMatchObject({ path: 'trees/savings.json', verdict: 'first low' });
    const told = await ask<{
      readonly why: readonly string[];
      readonly evidence: { readonly mc: { readonly correct: number; readonly total: number }; readonly interval95: readonly number[] };
      readonly trainingSet: readonly { readonly isIncluded: boolean; readonly why: string }[];
      readonly log: { readonly batches: readonly { readonly rollouts: readonly object[] }[] };
    }>('explain_label', { path: low!.path, problem: low!.problem, step: low!.step });
    expect(told.why.join(' ')).toContain('below the threshold 0.5');
    expect(told.why.join(' ')).toContain('the first low step of its path');
    const { mc, interval95 } = told.evidence;
    expect(mc.correct / mc.total).toBeCloseTo(low!.value, 6);
    expect(interval95[0]).toBeLessThanOrEqual(low!.value);
    expect(told.log).not.toBeNull();
    expect(told.trainingSet.length).toBeGreaterThan(3);
    // For a step that was not sampled, the answer names the rule.
    const all = await ask<Page>('read_problem', { path: 'trees/savings.json', problem: 0 });
    const reasons = await Promise.all(
      all.items.map(({ step }) => ask<typeof told>('explain_label', { path: 'trees/savings.json', problem: 0, step })),
    );
    const left = reasons.flatMap(({ trainingSet }) => trainingSet.filter(({ isIncluded }) => !isIncluded));
    expect(left.length).toBeGreaterThan(0);
    for (const { why } of left) expect(why).toMatch(/^Not in the set/);
  });

  it('returns every step once and in order, in pages of at most 20', async () => {
    const seen: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await ask<Page>('read_problem', { path: 'search.json', problem: 0, ...(cursor !== undefined && { cursor }) });
      expect(page.items.length).toBeLessThanOrEqual(20);
      expect(JSON.stringify(page).length).toBeLessThan(60_000);
      seen.push(...page.items.map(({ step }) => step));
      cursor = page.nextCursor;
      if (cursor === undefined) expect(seen).toEqual(Array.from({ length: page.total }, (_, step) => step));
    } while (cursor !== undefined);
    await expect(ask('read_problem', { path: 'search.json', problem: 0, cursor: '-3' })).rejects.toThrow('not one of these pages');
  });

  it('reads a whole folder, and gives the path of every problem', async () => {
    const { items, total } = await ask<Page>('list_problems', { path: 'solutions' });
    expect(items).toHaveLength(total);
    expect(items.map(({ path }) => path)).toContain('solutions/wrong.md');
  });

  it.each(['../secret.json', '/etc/passwd', 'links/out.json', 'no-such-file.json'])(
    'reads nothing outside the workspace (%s)',
    async (path) => {
      await expect(ask('list_problems', { path })).rejects.toThrow('is not in the workspace');
    },
  );

  it.each(['trees\\savings.json', './trees/../trees/savings.json', 'file:'])(
    'finds a file however its path is written (%s)',
    async (written) => {
      const path = written === 'file:' ? pathToFileURL(join(workspace, 'trees', 'savings.json')).href : written;
      expect((await ask<Page>('list_problems', { path })).items).toMatchObject([{ path: join('trees', 'savings.json') }]);
    },
  );

  it('reads a changed file again, and rejects a cursor past its end', async () => {
    const file = join(workspace, 'growing.jsonl');
    const record = `${JSON.stringify({ prompt: 'What is 3 + 4?', completions: ['3 + 4 = 7.', 'So 8.'], labels: [true, false] })}\n`;
    await writeFile(file, record.repeat(50));
    const first = await ask<Page>('low_steps', { path: 'growing.jsonl' });
    expect(first).toMatchObject({ total: 50, nextCursor: expect.any(String) as string });
    expect((await ask<Page>('low_steps', { path: 'growing.jsonl', cursor: first.nextCursor! })).total).toBe(50);
    await writeFile(file, record.repeat(60));
    expect((await ask<Page>('low_steps', { path: 'growing.jsonl' })).total).toBe(60);
    await expect(ask('low_steps', { path: 'growing.jsonl', cursor: '60' })).resolves.toMatchObject({ items: [], total: 60 });
    await expect(ask('low_steps', { path: 'growing.jsonl', cursor: '61' })).rejects.toThrow('not one of these pages');
  });

  it('reports the faults of damaged and empty files, and that no value is known without labels', async () => {
    await writeFile(
      join(workspace, 'cut.jsonl'),
      '{"prompt": "What is 3 + 4?", "completions": ["3 + 4 = 7.", "So 7."], "labels": [true, fal',
    );
    await writeFile(join(workspace, 'empty.json'), '');
    await writeFile(join(workspace, 'noise.json'), Buffer.from([0, 1, 2, 255, 254, 0, 9]));
    await writeFile(join(workspace, 'plain.jsonl'), '{"question": "What is 2 + 2?", "steps": ["2 + 2 = 4.", "The answer is 4."]}\n');
    expect(await ask('list_problems', { path: 'cut.jsonl' })).toMatchObject({ total: 1, readingFaults: [{ path: 'cut.jsonl', line: 1 }] });
    expect(await ask('list_problems', { path: 'empty.json' })).toMatchObject({ total: 0, readingFaults: [{ path: 'empty.json' }] });
    await expect(ask('list_problems', { path: 'noise.json' })).rejects.toThrow('noise.json: no format is recognized in it');
    expect(await ask('low_steps', { path: 'plain.jsonl' })).toMatchObject({ items: [], total: 0 });
    const told = await ask<{ readonly why: readonly string[] }>('explain_label', { path: 'plain.jsonl', problem: 0, step: 0 });
    expect(told.why.join(' ')).toContain('No value is known');
  });

  it('rejects a wrong argument, a missing argument and an unknown tool with the reason', async () => {
    await expect(ask('read_problem', { path: 'search.json', problem: 'first' })).rejects.toThrow(
      'The argument problem is not a whole number',
    );
    await expect(ask('read_problem', { path: 'search.json', problem: 7 })).rejects.toThrow(
      'search.json has 1 problems; 7 is not one of them',
    );
    await expect(ask('explain_label', { path: 'search.json', problem: 0 })).rejects.toThrow('Name a step, or a node');
    await expect(ask('write_file', {})).rejects.toThrow('There is no tool "write_file"');
    await expect(ask('list_problems', { path: 'figures' })).resolves.toMatchObject({ total: 0 });
  });

  it('evaluates candidates and benchmarks in pages, with the accuracy of each selection method', async () => {
    interface Evaluated {
      readonly evaluations: readonly { readonly kind: string; readonly problems?: number; readonly benchmark?: string }[];
      readonly items: readonly { readonly select?: string; readonly n?: number; readonly accuracy?: { readonly value: number } }[];
      readonly total: number;
      readonly nextCursor?: string;
    }
    const first = await ask<Evaluated>('evaluate', { path: 'candidates.json' });
    expect(first.evaluations).toMatchObject([{ kind: 'bestOfN' }]);
    const rows = [...first.items];
    for (let cursor = first.nextCursor; cursor !== undefined; ) {
      const next = await ask<Evaluated>('evaluate', { path: 'candidates.json', cursor });
      rows.push(...next.items);
      cursor = next.nextCursor;
    }
    expect(rows).toHaveLength(first.total);
    const largest = Math.max(...rows.map(({ n }) => n!));
    const of = (select: string) => rows.find((row) => row.select === select && row.n === largest)!.accuracy!.value;
    expect(of('pass')).toBeGreaterThanOrEqual(of('random'));
    expect(await ask<Evaluated>('evaluate', { path: 'process-benchmark.jsonl' })).toMatchObject({
      evaluations: [{ kind: 'processBenchmark' }],
    });
    await expect(ask('evaluate', { path: 'trees/savings.json' })).rejects.toThrow('trees/savings.json');
  });

  it('verifies an answer by the rules, and scores with the bundled model', async () => {
    expect(await ask('verify_answer', { answer: '\\frac{1}{2}', reference: '0.5' })).toMatchObject({ verdict: 'right' });
    expect(await ask('verify_answer', { answer: '7', reference: '0.5' })).toMatchObject({ verdict: 'wrong' });
    const scored = await ask<{ readonly model: string; readonly items: readonly { readonly score: number | null }[] }>('score_problem', {
      path: 'solutions/wrong.md',
      problem: 0,
    });
    expect(scored.model).toContain('StepLens');
    expect(scored.items.some(({ score }) => score !== null && score < 0.5)).toBe(true);
  });
});
