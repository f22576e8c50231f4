import { expect, it } from 'vitest';
import { DocumentTasks } from '../../server/editor/documentTasks.js';
import { OpenDocument } from '../../server/editor/openDocument.js';

it('keeps nobody waiting for a text that cannot be read', async () => {
  const source = { uri: 'untitled:a', version: 1, languageId: 'json', getText: () => '' };
  const failing = (): never => {
    throw new TypeError('The text is not a string.');
  };
  let timer = (): void => undefined;
  const clock = {
    after: (_ms: number, run: () => void) => {
      timer = run;
      return () => undefined;
    },
  };
  const tasks = new DocumentTasks(new OpenDocument(source, { read: failing }, false), clock, () => undefined);
  tasks.readSoon(() => tasks.readNow());
  const waiting = tasks.whenRead();
  expect(timer).toThrow('not a string');
  await waiting;
  expect(tasks.document.isStale).toBe(true);
  await tasks.whenRead();
});
