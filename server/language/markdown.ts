/** Escapes a file's text for Markdown, including table cells: the result is one line without markup or icons. */
export function escapeMarkdown(text: string): string {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_{}[\]()#+\-.!|<>~$&]/g, '\\$&');
}

/** A `command:` link; the client runs it when it trusts that command. */
export function commandLink(title: string, command: string, args: readonly unknown[] = []): string {
  const query = args.length === 0 ? '' : `?${encodeParentheses(encodeURIComponent(JSON.stringify(args)))}`;
  return `[${title}](command:${command}${query})`;
}

/** An image no higher than `height` pixels. */
export function image(title: string, uri: string, height: number): string {
  return `![${title}](${encodeParentheses(uri)}|height=${height})`;
}

export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n');
}

function encodeParentheses(text: string): string {
  return text.replaceAll('(', '%28').replaceAll(')', '%29');
}
