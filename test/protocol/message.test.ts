import { expect, it } from 'vitest';
import { answer, RequestError, request, resultOf } from '../../server/protocol/message.js';
import { count, object, text } from '../../server/protocol/shape.js';

const Double = request({ method: 'double', to: 'server', params: object({ value: count }), result: object({ double: count }) });
const open = new AbortController().signal;
const thrown: unknown[] = [];
const onError = (error: unknown): void => void thrown.push(error);

it('a request gets the result of its handler', async () => {
  const reply = await answer(Double, { value: 2 }, ({ value }) => ({ double: 2 * value }), { signal: open, onError });
  expect(reply).toEqual({ ok: { double: 4 } });
  expect(resultOf(Double, reply)).toEqual({ double: 4 });
});

it('a request with wrong parameters never reaches its handler', async () => {
  const work = (): never => expect.unreachable();
  const reply = await answer(Double, { value: 'two' }, work, { signal: open, onError });
  expect(reply).toEqual({
    err: { code: 'invalid', message: 'The parameters of double are not valid: value is not a whole number from 0.' },
  });
  expect(() => resultOf(Double, reply)).toThrow(RequestError);
});

it('an error of the handler becomes a reply with a code, and is reported unless the request was cancelled', async () => {
  const abort = new AbortController();
  const fail = (error: unknown, signal = open) => answer(Double, { value: 1 }, () => Promise.reject(error as Error), { signal, onError });
  thrown.length = 0;
  expect(await fail(new Error('No model.'))).toEqual({ err: { code: 'failed', message: 'No model.' } });
  expect(await fail('text')).toEqual({ err: { code: 'failed', message: 'text' } });
  expect(thrown).toHaveLength(2);
  expect(await fail(new RequestError('cancelled', 'The file was closed.'))).toEqual({
    err: { code: 'cancelled', message: 'The file was closed.' },
  });
  abort.abort();
  expect(await fail(new Error('aborted in the middle'), abort.signal)).toEqual({
    err: { code: 'cancelled', message: 'The request was cancelled.' },
  });
  expect(thrown).toHaveLength(2);
});

it('a reply that does not match the shape of the result is refused, whatever it is', () => {
  for (const reply of [
    null,
    undefined,
    3,
    'ok',
    {},
    { ok: null },
    { ok: { double: -1 } },
    { err: 'text' },
    { err: { code: 'x', message: '' } },
  ])
    expect(() => resultOf(Double, reply), JSON.stringify(reply)).toThrow('The answer to double is not valid');
  const Name = request({ method: 'name', to: 'server', params: object({}), result: text });
  expect(() => resultOf(Name, { ok: 1 })).toThrow('The answer to name is not valid: a text was expected.');
});
