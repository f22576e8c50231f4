import type { EditedText, Reader } from '../../server/editor/openDocument.js';
import { type Clock, createService, type Service } from '../../server/editor/service.js';
import type { ServerSettings } from '../../server/protocol/settingsTable.js';
import { defaultSettings } from '../../server/protocol/settingsTable.js';
import type { StatusParams } from '../../server/protocol/status.js';
import type { ReasoningDocument } from '../../server/reasoning/problem.js';
import type { ScorerSettings } from '../../server/scoring/openScorer.js';
import { sketch } from '../language/fixture.js';
import { FakeScorer } from './fakeScorer.js';

/** Reads problems separated by an empty line: a question, then a step per line. `none` at the start has no format. */
export function readLines(text: string): ReasoningDocument | undefined {
  if (text.startsWith('none')) return undefined;
  const problems = text.split('\n\n').map((block) => {
    const [question, ...steps] = block.split('\n').filter((line) => line !== '');
    return { question: question ?? '', solutions: [steps] };
  });
  return sketch(problems).reasoning;
}

export class ManualClock implements Clock {
  #now = 0;
  #timers: { at: number; action: () => void }[] = [];

  after(ms: number, action: () => void): () => void {
    const timer = { at: this.#now + ms, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#timers.filter(({ at }) => at <= this.#now);
    this.#timers = this.#timers.filter(({ at }) => at > this.#now);
    for (const { action } of due) action();
  }
}

export class TestText implements EditedText {
  version = 1;
  readonly languageId = 'plaintext';
  constructor(
    readonly uri: string,
    public text: string,
  ) {}
  getText(): string {
    return this.text;
  }
}

export interface Bench {
  readonly service: Service;
  readonly clock: ManualClock;
  /** In the order of their creation. */
  readonly scorers: FakeScorer[];
  readonly created: ScorerSettings[];
  readonly statuses: StatusParams[];
  readonly announced: string[];
  readonly errors: string[];
  readonly open: (name: string, text: string) => TestText;
  readonly edit: (source: TestText, text: string) => void;
  /** Scores of the live model, by problem and step; NaN = no score. */
  readonly prm: (source: TestText) => number[][];
}

/** A service with a fake scorer and a clock that does not move. */
export function bench(
  settings: Partial<ServerSettings> = {},
  {
    isTrusted = true,
    allowedServers = [],
    scorer = () => new FakeScorer(),
    read = readLines,
  }: { isTrusted?: boolean; allowedServers?: readonly string[]; scorer?: () => FakeScorer; read?: Reader } = {},
): Bench {
  const clock = new ManualClock();
  const scorers: FakeScorer[] = [];
  const created: ScorerSettings[] = [];
  const statuses: StatusParams[] = [];
  const announced: string[] = [];
  const errors: string[] = [];
  const service = createService(
    {
      read,
      createScorer(given) {
        created.push(given);
        const made = scorer();
        scorers.push(made);
        return made;
      },
      images: () => [],
      clock,
      log: { info: () => undefined, warn: (message) => errors.push(message), error: (message) => errors.push(message) },
      onDocument: (uri) => announced.push(uri),
      onStatus: (status) => statuses.push(status),
    },
    { settings: { ...defaultSettings, ...settings }, isTrusted, allowedServers },
  );
  return {
    service,
    clock,
    scorers,
    created,
    statuses,
    announced,
    errors,
    open(name, text) {
      const source = new TestText(`file:///${name}`, text);
      service.update(source);
      return source;
    },
    edit(source, text) {
      source.text = text;
      source.version++;
      service.update(source);
    },
    prm: (source) => service.document(source.uri)?.problems.map(({ steps }) => steps.map(({ values }) => values.prm ?? NaN)) ?? [],
  };
}

/** Runs all work that waits only for resolved promises. */
export async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** A promise that is resolved by hand. */
export function gate(): { readonly opened: Promise<void>; readonly open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}
