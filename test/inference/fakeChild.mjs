/** A fake inference child. The first token id of a run decides what happens to the run. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** File that records every process and every run, so that a later process knows what an earlier one did. */
const journal = process.env.FAKE_CHILD_JOURNAL;
const count = (word) =>
  existsSync(journal)
    ? readFileSync(journal, 'utf8')
        .split('\n')
        .filter((line) => line === word).length
    : 0;
const note = (word) => appendFileSync(journal, `${word}\n`);
const send = (message) => new Promise((resolve) => process.send(message, resolve));

note('start');
const loaded = new Set();

process.on('disconnect', () => process.exit(0));
let last = Promise.resolve();
process.on('message', (message) => {
  if (message.kind === 'resize') return note('resize');
  if (message.kind !== 'cancel') last = last.then(() => answer(message));
});

/** Answers messages one after the other, as the real child does. */
async function answer({ kind, id, session, request }) {
  await send({ kind: 'working', id });
  if (kind === 'load') {
    note(`load ${request.graphPath}`);
    if (request.graphPath === 'fatal') process.abort();
    if (request.graphPath === 'fatal-once-loaded' && count('load fatal-once-loaded') > 1) process.kill(process.pid, 'SIGKILL');
    if (request.graphPath === 'gpu' && !request.avoid) {
      await send({ kind: 'trying', id, provider: 'webgpu' });
      process.kill(process.pid, 'SIGABRT');
    }
    if (request.graphPath === 'bad') return send({ kind: 'failed', id, reason: 'error', message: 'bad graph' });
    loaded.add(session);
    return send({
      kind: 'done',
      id,
      result: { device: { provider: 'cpu', passedOver: request.avoid ?? [] }, width: 300, takesImages: false, runsInPieces: true },
    });
  }
  const [command] = kind === 'sample' ? request.prompt : request.ids;
  note(`run ${command}`);
  if (!loaded.has(session)) return send({ kind: 'failed', id, reason: 'error', message: 'not loaded' });
  if (command !== 70)
    await send({ kind: 'read', id, reads: { first: 0, values: Float32Array.of(command === 65 ? NaN : command, process.pid) } });
  if (command === 71 && count('run 71') === 1) {
    const trace = Array.from({ length: 14 }, (_, i) => `${i}: 0xb78db3 node::OOMErrorHandler(char const*) [/usr/bin/node]`).join('\n');
    await new Promise(() =>
      process.stderr.write(`\x1b[1;31mFATAL ERROR: Zone Allocation failed - process out of memory\x1b[m\n${trace}\n`, () =>
        process.abort(),
      ),
    );
  }
  if (command === 66) await new Promise(() => process.stderr.write('boom: the reason\n', () => process.kill(process.pid, 'SIGKILL')));
  if ([67, 72].includes(command) && count(`run ${command}`) === 1) process.kill(process.pid, 'SIGKILL');
  if (command === 68) for (const end = Date.now() + 20_000; Date.now() < end; );
  if (command === 69) return;
  if (command === 70) {
    const order = count('run 70') === 1 ? [2, 0, 1] : request.reads.keys();
    for (const read of order) {
      note(`read ${request.reads[read]}`);
      await send({ kind: 'read', id, reads: { first: read, values: Float32Array.of(request.reads[read], process.pid) } });
    }
    if (count('run 70') === 1) process.kill(process.pid, 'SIGKILL');
  }
  await send({ kind: 'done', id, result: { tokens: request.ids.length } });
}
