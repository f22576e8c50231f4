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
  patterns = undefined;
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

/**
 * A text that `english` made, in the language of the editor: in this process, or in another one, or before it was written to a file,
 * where the bundle has its sentence. Any other text as it is.
 */
export function local(text: string): string {
  if (!isTranslated) return text;
  const made = noted.get(text) ?? (text.length > longestRecognized ? undefined : (recognized(text) ?? { message: text, values: [] }));
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

/** Longer texts that this process did not make are not looked up, in UTF-16 units. */
const longestRecognized = 4_000;
/** A place for a value means little with fewer words around it: `{0}: {1}` would be found in any text. */
const fewestWords = 3;

/** A text of the bundle with places for values: `fixed` is what is before, between and after them. */
interface Pattern {
  readonly message: string;
  readonly fixed: readonly string[];
  readonly places: readonly number[];
}

/** Those of the bundle, made at the first use, the ones with the longest fixed text first. */
let patterns: readonly Pattern[] | undefined;

/** What a text of another process or of a file was made of. */
function recognized(text: string): Noted | undefined {
  if (Object.hasOwn(bundle, text)) return { message: text, values: [] };
  patterns ??= Object.keys(bundle)
    .flatMap(patternOf)
    .sort((a, b) => b.fixed.join('').length - a.fixed.join('').length);
  for (const pattern of patterns) {
    const values = valuesIn(text, pattern);
    if (values) return { message: pattern.message, values };
  }
  return undefined;
}

function patternOf(message: string): Pattern[] {
  const parts = message.split(/\{(\d)\}/);
  const fixed = parts.filter((_, at) => at % 2 === 0);
  const words = fixed.join(' ').match(/[A-Za-z]{2,}/g) ?? [];
  // Where nothing is between two places, the first one's end is unknown.
  if (parts.length < 3 || words.length < fewestWords || fixed.slice(1, -1).includes('')) return [];
  return [{ message, fixed, places: parts.filter((_, at) => at % 2 === 1).map(Number) }];
}

/** The values at a pattern's places; undefined where the text is another one. Linear in the text's length. */
function valuesIn(text: string, { fixed, places }: Pattern): string[] | undefined {
  const last = fixed.at(-1) ?? '';
  const end = text.length - last.length;
  let at = fixed[0]?.length ?? 0;
  if (!text.startsWith(fixed[0] ?? '') || !text.endsWith(last) || end < at) return undefined;
  const values: string[] = [];
  for (const [index, place] of places.entries()) {
    const next = fixed[index + 1] ?? '';
    const to = index === places.length - 1 ? end : text.indexOf(next, at);
    if (to < at || to > end) return undefined;
    values[place] = text.slice(at, to);
    at = to + next.length;
  }
  return values;
}

function translationOf(message: string): string {
  return (Object.hasOwn(bundle, message) ? bundle[message] : undefined) ?? message;
}

function filled(text: string, values: readonly (string | number)[]): string {
  return values.length === 0 ? text : text.replace(/\{(\d)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}
