import { lookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { english } from '../l10n.js';

/**
 * Whether an origin names this machine. Data sent there stays on this machine, because `resolveName` resolves such a
 * name to no other address.
 */
export function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  return isLoopbackName(hostname) || hostname === '[::1]' || isLoopbackAddress(hostname);
}

function isLoopbackName(hostname: string): boolean {
  return hostname === 'localhost' || hostname.endsWith('.localhost');
}

function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^127(\.\d+){3}$/.test(address);
}

/** A name ends in `localhost` and resolves to another machine. */
export class NotLoopbackError extends Error {
  override readonly name = 'NotLoopbackError';
}

/**
 * Resolves the names of servers for `node:http`. The addresses of `localhost` and `*.localhost`, whose origins need no
 * consent, are checked, because a resolver may return another machine.
 */
export const resolveName: LookupFunction = nameResolver(lookup);

/** @param find Node's `dns.lookup`. */
export function nameResolver(find: typeof lookup): LookupFunction {
  return (hostname, options, callback) => {
    find(hostname, { ...options, all: true }, (error, addresses) => {
      const foreign = error === null && isLoopbackName(hostname) && addresses.find(({ address }) => !isLoopbackAddress(address));
      if (foreign) callback(new NotLoopbackError(english('{0} is {1} here, not this machine', hostname, foreign.address)), []);
      else if (error !== null) callback(error, []);
      else if (options.all === true) callback(null, addresses);
      else {
        const [first] = addresses;
        if (first === undefined) callback(new Error(english('{0} has no address', hostname)), []);
        else callback(null, first.address, first.family);
      }
    });
  };
}
