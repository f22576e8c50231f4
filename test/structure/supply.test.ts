import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

/** The only files that open a connection: HTTP client, name resolution, work queue, and the endpoint for trainers. */
const SENDERS: readonly string[] = [
  'server/labeling/queue/labelQueue.ts',
  'server/labeling/queue/sharedRun.ts',
  'server/remote/exchange.ts',
  'server/remote/loopback.ts',
  'server/reward/rewardServer.ts',
];

interface Entry {
  readonly resolved?: string;
  readonly integrity?: string;
  readonly link?: boolean;
}

it('every package in the lock file has a digest and is fetched over HTTPS', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Readonly<Record<string, Entry>> };
  const entries = Object.entries(packages).filter(([name, { link }]) => name !== '' && link !== true);
  expect(entries.length).toBeGreaterThan(100);
  expect(entries.filter(([, { integrity }]) => !/^sha(?:512|256|1)-[\w+/]+=*$/.test(integrity ?? '')).map(([name]) => name)).toEqual([]);
  expect(entries.filter(([, { resolved }]) => resolved !== undefined && !resolved.startsWith('https://')).map(([name]) => name)).toEqual(
    [],
  );
});

it('the lock file has no telemetry package, and only the listed source files open connections', () => {
  const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as { packages: Readonly<Record<string, Entry>> };
  const telemetry =
    /(?:^|\/)(?:@vscode\/extension-telemetry|applicationinsights|@sentry\/|posthog|mixpanel|@segment\/|@amplitude\/|@opentelemetry\/)/;
  expect(Object.keys(packages).filter((name) => telemetry.test(name))).toEqual([]);
  const sources = ['server', 'extension', 'webview'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`),
  );
  expect(sources.length).toBeGreaterThan(300);
  const sending =
    /from '(?:node:https?2?|node:net|node:tls|node:dgram|openai|ioredis|bullmq|undici)'|(?<![-\w] )\bfetch\(['"`\w]|sendBeacon|XMLHttpRequest|new WebSocket/;
  expect(sources.filter((file) => sending.test(readFileSync(file, 'utf8'))).sort()).toEqual(SENDERS);
});

it('the notices of ONNX Runtime are from the version that is installed', () => {
  const { version } = JSON.parse(readFileSync('node_modules/onnxruntime-node/package.json', 'utf8')) as { version: string };
  const kept = readdirSync('scripts/licenses').filter((name) => name.startsWith('ONNX-Runtime-ThirdPartyNotices'));
  expect(kept).toEqual([`ONNX-Runtime-ThirdPartyNotices-${version}.txt`]);
});
