import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { english } from '../../l10n.js';
import type { PrepareReply, PrepareRequest } from './imageChild.js';
import { ImageError, type ImageFile } from './imageFile.js';
import type { ImageSettings, PreparedImages } from './imageKinds.js';

/** A request that takes longer fails, and the process is killed. Milliseconds. */
const TIME_LIMIT = 60_000;
/** An idle process ends after this. Milliseconds. */
const IDLE = 30_000;

interface Pending {
  readonly names: string;
  resolve(prepared: PreparedImages | undefined): void;
  reject(error: Error): void;
}

let child: ChildProcess | undefined;
let idleTimer: NodeJS.Timeout | undefined;
let requests = 0;
const pending = new Map<number, Pending>();

/**
 * Decodes and resizes the images of a problem in a separate process: off the event loop, in bounded time, and
 * protected from the decoder's crashes. Resolves with undefined when there are none. Rejects with ImageError.
 */
export function prepareImagesApart(files: readonly ImageFile[], settings: ImageSettings): Promise<PreparedImages | undefined> {
  if (files.length === 0) return Promise.resolve(undefined);
  const id = ++requests;
  const names = files.map(({ name }) => name.slice(0, 200)).join(', ');
  clearTimeout(idleTimer);
  const decoder = (child ??= start());
  return new Promise<PreparedImages | undefined>((resolve, reject) => {
    const timer = setTimeout(() => {
      pending.delete(id);
      reject(
        new ImageError(
          english('The image {0} could not be prepared within {1} s. Save it again as a smaller PNG or JPEG.', names, TIME_LIMIT / 1000),
        ),
      );
      decoder.kill('SIGKILL');
    }, TIME_LIMIT);
    const settled =
      <T>(settle: (value: T) => void) =>
      (value: T): void => {
        clearTimeout(timer);
        settle(value);
      };
    pending.set(id, { names, resolve: settled(resolve), reject: settled(reject) });
    hold(decoder, true);
    decoder.send({ id, files, settings } satisfies PrepareRequest, (error) => {
      if (error) end(decoder);
    });
  });
}

function start(): ChildProcess {
  const isSource = import.meta.url.endsWith('.ts');
  const entry = fileURLToPath(new URL(isSource ? './imageChild.ts' : './images.js', import.meta.url));
  const started = fork(entry, [], {
    serialization: 'advanced',
    execArgv: isSource ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  started.on('message', (reply: PrepareReply) => settle(started, reply));
  started.on('error', () => end(started));
  started.on('exit', () => end(started));
  return started;
}

function settle(from: ChildProcess, reply: PrepareReply): void {
  const request = pending.get(reply.id);
  pending.delete(reply.id);
  if (pending.size === 0) {
    hold(from, false);
    idleTimer = setTimeout(() => from.kill(), IDLE).unref();
  }
  if ('ok' in reply) request?.resolve(reply.ok ?? undefined);
  else request?.reject(reply.isImage ? new ImageError(reply.err) : new Error(reply.err));
}

/** Handles the end of the process: pending requests fail, and the next request starts a new process. */
function end(ended: ChildProcess): void {
  if (child !== ended) return;
  child = undefined;
  const lost = [...pending.values()];
  pending.clear();
  for (const request of lost)
    request.reject(
      new ImageError(english('The image {0} ended the process that decodes images. Save it again as PNG or JPEG.', request.names)),
    );
}

/** Makes sure that only pending requests keep the parent process alive. */
function hold(decoder: ChildProcess, isHeld: boolean): void {
  if (isHeld) {
    decoder.ref();
    decoder.channel?.ref();
  } else {
    decoder.unref();
    decoder.channel?.unref();
  }
}
