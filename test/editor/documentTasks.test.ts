import { expect, it } from 'vitest';
import { DocumentTasks } from '../../server/editor/documentTasks.js';
import { OpenDocument } from '../../server/editor/openDocument.js';

it('`DocumentTasks` resolves `whenRead` even if the text cannot be read', async () => {
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

it('`DocumentTasks` shows the first scores after an edit at once, and more after 0.5, 1, then every 2 s', () => {
  const source = { uri: 'untitled:a', version: 1, languageId: 'json', getText: () => '' };
  const waits: number[] = [];
  let timer = (): void => undefined;
  const clock = {
    after: (ms: number, run: () => void) => {
      waits.push(ms);
      timer = run;
      return () => undefined;
    },
  };
  let announced = 0;
  const tasks = new DocumentTasks(new OpenDocument(source, { read: () => undefined }, false), clock, () => announced++);
  const scoreMore = (): number => {
    tasks.refreshInTurn();
    tasks.refreshInTurn();
    return announced;
  };
  expect(scoreMore()).toBe(1);
  for (const shown of [2, 3, 4, 5, 6]) {
    timer();
    expect(announced).toBe(shown);
    scoreMore();
  }
  expect(waits).toEqual([500, 1_000, 2_000, 2_000, 2_000, 2_000]);
  tasks.settle();
  timer();
  scoreMore();
  expect(waits.at(-1)).toBe(500);
});
