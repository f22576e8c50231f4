import { randomBytes } from 'node:crypto';
import { env, l10n, Uri, type Webview } from 'vscode';

/** A page of `dist/`: `bundle`.js and `bundle`.css. */
export interface PanelPage {
  readonly bundle: 'webview' | 'evaluation' | 'review';
  readonly title: string;
  /** Name of its icons in media/icons, without `-light.svg` or `-dark.svg`. */
  readonly icon?: string;
}

/**
 * Returns a panel's page: one script with a nonce, our style sheets, the images of the allowed folders, the texts in
 * the editor's language, and nothing else.
 */
export function panelHtml(webview: Webview, extensionUri: Uri, { bundle, title }: PanelPage): string {
  const nonce = randomBytes(16).toString('base64');
  // FAST, the base of the toolkit, tests one style sheet at start, with the nonce of this `meta`.
  const styleNonce = randomBytes(16).toString('base64');
  const resource = (name: string): string => String(webview.asWebviewUri(Uri.joinPath(extensionUri, 'dist', name)));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${styleNonce}'`,
    `font-src ${webview.cspSource}`,
    `img-src ${webview.cspSource} data:`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="${l10n.bundle ? escaped(env.language) : 'en'}">
<head>
  <meta charset="utf-8">
  <meta http-equiv="Content-Security-Policy" content="${policy}">
  <meta property="csp-nonce" content="${styleNonce}">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <link rel="stylesheet" href="${resource('codicon.css')}">
  <link rel="stylesheet" href="${resource(`${bundle}.css`)}">
  <title>${escaped(title)}</title>
</head>
<body>
  <script type="application/json" id="texts">${JSON.stringify(l10n.bundle ?? {}).replaceAll('<', '\\u003c')}</script>
  <script nonce="${nonce}" src="${resource(`${bundle}.js`)}"></script>
</body>
</html>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
