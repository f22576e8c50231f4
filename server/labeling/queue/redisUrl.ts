import { LabelError } from '../labelError.js';

/** Address of a Redis server, in the form that BullMQ's client takes. */
export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username?: string;
  readonly password?: string;
  readonly tls?: Record<string, never>;
}

/** Parses `redis://[[user]:password@]host[:port][/db]`, or `rediss://` for TLS. Throws LabelError. */
export function redisAddress(text: string): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const db = url?.pathname.replace(/^\//, '') ?? '';
  if (url === undefined || !/^rediss?:$/.test(url.protocol) || url.hostname === '' || !/^\d*$/.test(db)) {
    throw new LabelError(
      `--queue takes redis://host:port or redis://host:port/db, with :password@ before the host where one is needed; "${nameOf(text)}" is not that.`,
    );
  }
  return {
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port === '' ? 6379 : url.port),
    db: Number(db),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(url.password !== '' && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

/** The address without its password, for messages. */
export function nameOf(text: string): string {
  return text.replace(/\/\/[^/]*@/, '//');
}

/** The server is too old for the queue. */
export class OldServerError extends Error {
  override readonly name = 'OldServerError';
}

/** Explains why a first connection failed, with the remedy. */
export function connectionFault(text: string, error: unknown): LabelError {
  const { code, message } = error as NodeJS.ErrnoException;
  const name = nameOf(text);
  if (/NOAUTH|WRONGPASS|NOPERM|invalid password|without any password/i.test(message)) {
    return new LabelError(
      `The Redis server at ${name} refuses the user or password (${message}). Write them into the address: --queue redis://:PASSWORD@host:port, or redis://USER:PASSWORD@host:port.`,
    );
  }
  if (error instanceof OldServerError)
    return new LabelError(`The Redis server at ${name} cannot be used: its ${message}. Update it, or name another with --queue.`);
  if (/DB index is out of range/i.test(message))
    return new LabelError(`The Redis server at ${name} has no such database (${message}). Choose a smaller number behind the port.`);
  return new LabelError(
    `No Redis server answers at ${name} (${code ?? message}). Start one there, correct --queue, or leave it out to label with this process alone.`,
  );
}
