import { t } from '../../server/l10n.js';
import type { LabelValue } from '../../server/protocol/review.js';

/** What a key or a button does. */
export interface ReviewActions {
  judge(value: LabelValue): void;
  undo(): void;
  go(by: number): void;
  toggleBlind(): void;
  toggleMode(): void;
  reveal(): void;
  setKind(kind: string): void;
  focusComment(): void;
}

/** The judgments in the order of the buttons, with their keys. */
export const judgments: readonly { readonly value: LabelValue; readonly key: string; readonly name: string; readonly icon: string }[] = [
  { value: -1, key: '1', name: t('wrong'), icon: 'error' },
  { value: 0, key: '2', name: t('neutral'), icon: 'circle-outline' },
  { value: 1, key: '3', name: t('right'), icon: 'check' },
  { value: 'unsure', key: '4', name: t('unsure'), icon: 'question' },
  { value: 'skip', key: '5', name: t('skip'), icon: 'debug-step-over' },
];

export function judgmentOf(value: LabelValue): string {
  return judgments.find((one) => one.value === value)?.name ?? String(value);
}

/** Keys for the kinds of error: q for the first, and so on. They have no other use. */
export const kindKeys = 'qwertasdfg';

type Action = (actions: ReviewActions, kinds: readonly string[]) => void;

const keys: Readonly<Record<string, Action>> = {
  ...Object.fromEntries(judgments.map(({ key, value }): [string, Action] => [key, (actions) => actions.judge(value)])),
  ...Object.fromEntries(
    [...kindKeys].map((key, i): [string, Action] => [
      key,
      (actions, kinds) => {
        const kind = kinds[i];
        if (kind !== undefined) actions.setKind(kind);
      },
    ]),
  ),
  j: (actions) => actions.go(1),
  k: (actions) => actions.go(-1),
  u: (actions) => actions.undo(),
  b: (actions) => actions.toggleBlind(),
  m: (actions) => actions.toggleMode(),
  c: (actions) => actions.focusComment(),
  o: (actions) => actions.reveal(),
};

/** The action of a key. Undefined with a modifier (a key of VS Code) and in a text field, which only Escape leaves. */
export function keyAction(event: KeyboardEvent): Action | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const isTyping = event.target instanceof HTMLElement && ['TEXTAREA', 'INPUT'].includes(event.target.tagName);
  if (isTyping) return event.key === 'Escape' ? () => (event.target as HTMLElement).blur() : undefined;
  return keys[event.key];
}
