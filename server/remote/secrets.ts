/** Shorter keys ("none", "x") are ordinary words and are not hidden. Characters. */
const SHORTEST = 6;

/**
 * Removes the key of a server from everything that is reported, written or shown, because a server may repeat the key
 * in an error or in its reply. A key is found as it is, in lower case (as in the host of a URL), percent-encoded, and
 * in Base64 (as in a `Basic` header), also in the Base64 form for URLs.
 */
export class Secrets {
  readonly #forms: readonly string[];

  constructor(key: string | undefined) {
    const forms = key === undefined || key.length < SHORTEST ? [] : [key, key.toLowerCase(), ...percentForms(key), ...base64Forms(key)];
    this.#forms = [...new Set(forms)].sort((a, b) => b.length - a.length);
  }

  /** The text without the key. */
  hide(text: string): string {
    return this.#forms.reduce((hidden, form) => hidden.replaceAll(form, '[key]'), text);
  }

  /** The same JSON value, without the key in any of its texts and names. */
  hideIn(value: unknown): unknown {
    return this.#forms.length === 0 ? value : this.#hideIn(value, 0);
  }

  #hideIn(value: unknown, depth: number): unknown {
    if (typeof value === 'string') return this.hide(value);
    // No useful reply is nested this deeply, and a dropped value cannot show the key.
    if (typeof value !== 'object' || value === null || depth > 100) return typeof value === 'object' ? null : value;
    if (Array.isArray(value)) return value.map((one) => this.#hideIn(one, depth + 1));
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [this.hide(name), this.#hideIn(one, depth + 1)]));
  }
}

function percentForms(key: string): string[] {
  const encoded = encodeURIComponent(key);
  return [encoded, encoded.replaceAll(/%../g, (one) => one.toLowerCase())];
}

/** The parts of a key's Base64 that do not depend on the text around it, for each of its three possible offsets. */
function base64Forms(key: string): string[] {
  return [0, 1, 2].flatMap((offset) => {
    const bytes = Buffer.from(`${' '.repeat(offset)}${key}`);
    const text = bytes.toString('base64');
    const own = text.slice(offset === 0 ? 0 : offset + 1, Math.floor((bytes.length * 8) / 6));
    return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
  });
}
