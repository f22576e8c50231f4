import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type CodeLens, type Hover, StreamMessageReader, StreamMessageWriter } from 'vscode-languageserver/node';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import { ensureBuilt } from './built.js';
import { TestClient } from './client.js';

const running: { client: TestClient; child: ChildProcess }[] = [];

beforeAll(ensureBuilt);
afterEach(() => {
  for (const { client, child } of running.splice(0)) {
    client.connection.dispose();
    child.kill('SIGKILL');
  }
});

const uri = 'file:///number-line.json';
const tree = readFileSync('media/samples/trees/number-line.json', 'utf8');

/** Returns the server's texts in an editor's language: the first warning, its hover, and the lenses. */
async function told(locale: string | undefined): Promise<{ warning: string; hover: string; lenses: string[] }> {
  const child = spawn(process.execPath, ['dist/server.js', '--stdio'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const client = new TestClient(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  running.push({ client, child });
  await client.initialize({ settings: { ...defaultSettings, scoreOnOpen: false } }, locale);
  await client.open(uri, 'json', tree);
  await client.until(() => client.codes(uri).includes('first-low-step'));
  const { message, range } = client.diagnostics.get(uri)!.diagnostics.find(({ code }) => code === 'first-low-step')!;
  const hover = await client.request<Hover>('textDocument/hover', { textDocument: { uri }, position: range.start });
  const lenses = await client.request<CodeLens[]>('textDocument/codeLens', { textDocument: { uri } });
  return {
    warning: message as string,
    hover: (hover.contents as { value: string }).value,
    lenses: lenses.map(({ command }) => command!.title),
  };
}

describe("the editor's language", () => {
  it.each(['zh-cn', 'zh-CN'])('is used in warnings, hovers and code lenses: %s', async (locale) => {
    const { warning, hover, lenses } = await told(locale);
    expect(warning).toMatch(/^节点 \d+，步骤 \d+：“/);
    expect(warning).toContain('rollout：0/16 正确');
    expect(hover).toContain('▼ 首个低分步骤（阈值 0.50）');
    expect(hover).toContain('| 来源 | 分值 |');
    expect(hover).toContain('[在训练集中吗？](command:');
    expect(lenses).toContain('推理树');
    expect(lenses.join('\n')).toMatch(/▼ \d+ 个首个低分步骤，转到第一个/);
    expect(`${hover}\n${lenses.join('\n')}`.replaceAll(/\(command:.*?\)/g, '')).not.toMatch(/\b(first|step|tree|evidence|score)\b/i);
  });

  it.each([undefined, 'en', 'xx', '../zh-cn', 'zh-cn/../zh-cn'])('falls back to English if there is no translation: %s', async (locale) => {
    const { warning, hover, lenses } = await told(locale);
    expect(warning).toMatch(/^Node \d+, step \d+: “/);
    expect(hover).toContain('▼ first low step (threshold 0.50)');
    expect(lenses).toContain('Reasoning tree');
  });
});
