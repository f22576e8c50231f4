/**
 * The texts a person reads, in the language of the editor, as VS Code's extensions have them: a text is written in English where it
 * is used, and the English text is its key in `l10n/bundle.l10n.LANGUAGE.json`. Without a bundle every text is English.
 */
let bundle: Readonly<Record<string, string>> = {};
let isTranslated = false;

/** Sets the texts of this process. A text that is not among them stays English. */
export function setTexts(texts: Readonly<Record<string, string>>): void {
  bundle = texts;
  isTranslated = Object.keys(texts).length > 0;
  noted.clear();
}

/** The text in the language of the editor. `{0}` is the first of `values`. The message is a literal: a test looks for it in the bundle. */
export function t(message: string, ...values: readonly (string | number)[]): string {
  return filled(translationOf(message), values);
}

/** `1 node`, `1,200 nodes`: the text for one, or for any other number; `{0}` is the number. Both are literals, as those of `t`. */
export function plural(count: number, one: string, many: string): string {
  return t(count === 1 ? one : many, count.toLocaleString('en'));
}

/** Facts one after the other: `1 node, 2 steps`, with the comma of the language. */
export function listed(facts: readonly string[]): string {
  return facts.join(t(', '));
}

interface Noted {
  readonly message: string;
  readonly values: readonly (string | number)[];
}

/** So many English texts are noted at once; the oldest ones are forgotten. */
const mostNoted = 5_000;
/** English texts of this process, with what they were made of. */
const noted = new Map<string, Noted>();

/**
 * The text in English, for an error or a reason that also goes to files, the log, the command line or another process. Where it is
 * shown, `local` has it in the language of the editor; so it has the texts among `values`. The message is a literal, as that of `t`.
 */
export function english(message: string, ...values: readonly (string | number)[]): string {
  const text = filled(message, values);
  if (isTranslated) note(text, { message, values });
  return text;
}

/** A text that `english` made in this process, in the language of the editor; any other text as it is. */
export function local(text: string): string {
  const made = noted.get(text);
  if (made === undefined) return text;
  note(text, made);
  return filled(
    translationOf(made.message),
    made.values.map((value) => (typeof value === 'string' && value !== text ? local(value) : value)),
  );
}

/** What went wrong, as an error says it, in the language of the editor. */
export function localMessage(error: unknown): string {
  return local(error instanceof Error ? error.message : String(error));
}

function note(text: string, made: Noted): void {
  noted.delete(text);
  noted.set(text, made);
  for (const [oldest] of noted) {
    if (noted.size <= mostNoted) break;
    noted.delete(oldest);
  }
}

function translationOf(message: string): string {
  return (Object.hasOwn(bundle, message) ? bundle[message] : undefined) ?? message;
}

function filled(text: string, values: readonly (string | number)[]): string {
  return values.length === 0 ? text : text.replace(/\{(\d)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
