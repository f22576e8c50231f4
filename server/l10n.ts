/**
 * The texts a person reads, in the language of the editor, as VS Code's extensions have them: a text is written in English where it
 * is used, and the English text is its key in `l10n/bundle.l10n.LANGUAGE.json`. Without a bundle every text is English.
 */
let bundle: Readonly<Record<string, string>> = {};

/** Sets the texts of this process. A text that is not among them stays English. */
export function setTexts(texts: Readonly<Record<string, string>>): void {
  bundle = texts;
}

/** The text in the language of the editor. `{0}` is the first of `values`. The message is a literal: a test looks for it in the bundle. */
export function t(message: string, ...values: readonly (string | number)[]): string {
  const text = (Object.hasOwn(bundle, message) ? bundle[message] : undefined) ?? message;
  return values.length === 0 ? text : text.replace(/\{(\d)\}/g, (place, index: string) => String(values[Number(index)] ?? place));
}

/** `1 node`, `1,200 nodes`: the text for one, or for any other number; `{0}` is the number. Both are literals, as those of `t`. */
export function plural(count: number, one: string, many: string): string {
  return t(count === 1 ? one : many, count.toLocaleString('en'));
}
