import { expect, it } from 'vitest';
import { refusal } from '../../server/remote/requestFailure.js';

const wait = (headers: Readonly<Record<string, string>>) => refusal({ status: 429, headers, body: Buffer.alloc(0) }).details.retryAfter;
const hours = (number: number): number => Date.now() + number * 3_600_000;
const date = (ms: number): string => new Date(ms).toUTCString();

it.each([-3, 0, 3])('a Retry-After date is relative to the clock of the server, which is %i hours off', (off) => {
  const there = hours(off);
  expect(wait({ date: date(there), 'retry-after': date(there + 5000) })).toBe(5000);
  expect(wait({ date: date(there), 'retry-after': date(there - 5000) })).toBe(0);
});

it('Retry-After in seconds is read as milliseconds, and ignored if it is unreadable or missing', () => {
  expect(wait({ 'retry-after': '7' })).toBe(7000);
  expect(wait({ 'retry-after': 'soon' })).toBeUndefined();
  expect(wait({})).toBeUndefined();
});
