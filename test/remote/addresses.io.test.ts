import { lookup } from 'node:dns';
import { describe, expect, it } from 'vitest';
import { isLoopback, NotLoopbackError, nameResolver, resolveName } from '../../server/remote/loopback.js';
import { Secrets } from '../../server/remote/secrets.js';
import { serverAddress, withoutSecrets } from '../../server/remote/serverAddress.js';
import { keyFor } from '../../server/remote/serverKeys.js';

describe('the address of a server', () => {
  it('has no slash at its end', () => {
    expect(serverAddress('http://localhost:8000/v1/', 'The policy')).toBe('http://localhost:8000/v1');
    expect(serverAddress('https://host', 'The policy')).toBe('https://host');
  });

  it.each([
    'https://user:sk-canary@host/v1',
    'https://sk-canary@host/v1',
    'https://host/v1?api_key=sk-canary',
    'https://host/v1#sk-canary',
    'ftp://user:sk-canary@host/v1',
    'user:sk-canary@host',
    'https://user:sk-canary@',
    'file:///sk-canary?x=sk-canary',
    'localhost:8000',
    'javascript:alert(1)',
    '',
  ])('is refused without repeating a key: %s', (text) => {
    let message = '';
    try {
      serverAddress(text, 'The policy');
    } catch (error) {
      ({ message } = error as Error);
    }
    expect(message).toContain('The policy');
    if (!text.startsWith('file:')) expect(message).not.toContain('sk-canary');
    expect(withoutSecrets(text).replace('file:///sk-canary', '')).not.toContain('sk-canary');
  });
});

describe('an API key from the environment', () => {
  const env = { STEPLENS_API_KEY: 'one', OPENAI_API_KEY: 'two' };

  it('is used for the origin it was set for, and for no other', () => {
    const bound = { ...env, STEPLENS_API_URL: 'https://host:8000/v1' };
    expect(keyFor('https://host:8000/v2', bound, [])).toBe('one');
    for (const url of ['https://host/v1', 'http://host:8000', 'https://host.evil:8000', 'https://evil', 'nonsense', ''])
      expect(keyFor(url, bound, ['https://evil', 'https://host'])).toBeUndefined();
    expect(keyFor('https://api.openai.com/v1', env, [])).toBe('two');
    const own = { ...env, OPENAI_BASE_URL: 'https://mine/v1' };
    expect([keyFor('https://mine/v1', own, []), keyFor('https://api.openai.com/v1', own, [])]).toEqual(['two', undefined]);
  });

  it('is used, if no address is set, for the only server that the command line names', () => {
    expect(keyFor('https://host/v1', env, ['https://host'])).toBe('one');
    expect(keyFor('https://host/v1', env, ['https://host', 'https://host'])).toBe('one');
    expect(keyFor('https://host/v1', env, [])).toBeUndefined();
    for (const url of ['https://host/v1', 'https://judge/v1', 'https://evil'])
      expect(keyFor(url, env, ['https://host', 'https://judge'])).toBeUndefined();
  });
});

describe('the check for a loopback address', () => {
  it('accepts loopback addresses, and no names or addresses that resemble them', () => {
    for (const url of [
      'http://localhost',
      'http://a.localhost:1',
      'http://127.0.0.1:8000',
      'http://127.9.9.9',
      'http://[::1]:1',
      'http://2130706433',
    ])
      expect(isLoopback(url)).toBe(true);
    for (const url of [
      'http://localhost.evil.org',
      'http://127.0.0.1.evil.org',
      'http://notlocalhost',
      'http://0.0.0.0',
      'http://128.0.0.1',
      'http://[::2]',
    ])
      expect(isLoopback(url)).toBe(false);
  });

  it('refuses a localhost name that resolves to another machine', async () => {
    const found = (hostname: string, all: boolean) =>
      new Promise<unknown>((resolve) => {
        resolveName(hostname, { all }, (error, address) => resolve(error ?? address));
      });
    const expected = await new Promise((resolve) => lookup('localhost', { all: true }, (_, addresses) => resolve(addresses)));
    expect(await found('localhost', true)).toEqual(expected);
    expect(await found('127.0.0.1', false)).toBe('127.0.0.1');
    const elsewhere = nameResolver(((_: string, __: object, done: (error: null, addresses: object[]) => void) =>
      done(null, [
        { address: '127.0.0.1', family: 4 },
        { address: '10.0.0.1', family: 4 },
      ])) as unknown as typeof lookup);
    const outcome = (hostname: string) =>
      new Promise<unknown>((resolve) => elsewhere(hostname, { all: true }, (error, addresses) => resolve(error ?? addresses)));
    for (const name of ['localhost', 'models.localhost']) expect(await outcome(name)).toBeInstanceOf(NotLoopbackError);
    expect(await outcome('host.example')).toHaveLength(2);
  });
});

it('a key is hidden in plain text, percent-encoded and in Base64 at any offset, but a short word is not', () => {
  const key = 'sk+a/b=c d123';
  const secrets = new Secrets(key);
  const said = [
    key,
    encodeURIComponent(key),
    ...['', 'u:', 'user:', 'ab'].map((before) => Buffer.from(`${before}${key}`).toString('base64')),
  ];
  for (const text of said) {
    const hidden = secrets.hide(`>${text}<`);
    expect(hidden).toContain('[key]');
    expect(Buffer.from(hidden, 'base64').toString()).not.toContain('a/b=c d12');
  }
  expect(secrets.hideIn({ [key]: [key, 1, null, { a: key }] })).toEqual({ '[key]': ['[key]', 1, null, { a: '[key]' }] });
  expect(new Secrets('none').hide('none at all')).toBe('none at all');
});
