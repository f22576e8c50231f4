/** Links from the diagnostic codes in the Problems view to their explanations. */
export interface Explanations {
  /** Address of the code's explanation; undefined when there is none. */
  href(code: string): string | undefined;
}

export const noExplanations: Explanations = { href: () => undefined };

/** Reads the headings "## `code`" of docs/diagnostics.md; a code without one links to the top of the file. */
export function readExplanations(uri: string, markdown: string): Explanations {
  const lines = new Map<string, number>();
  markdown.split('\n').forEach((line, index) => {
    const code = /^##\s+`([a-z0-9-]+)`/.exec(line)?.[1];
    if (code !== undefined && !lines.has(code)) lines.set(code, index + 1);
  });
  return {
    href(code) {
      const line = lines.get(code);
      return line === undefined ? uri : `${uri}#L${line}`;
    },
  };
}
