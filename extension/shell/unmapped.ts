import { type Disposable, l10n, Range, languages as vscodeLanguages, window } from 'vscode';
import { looksLikeReasoning } from '../../server/formats/unrecognized.js';
import { type Claims, languages, mappingPlaceOf } from './claims.js';

/** Characters of a document that are inspected. */
const headLength = 65_536;
const nowhere = { scheme: 'steplens-none' };

/** Shows a row in the language status of a JSON file without a format, if its keys look like data about reasoning. */
export function watchUnmapped(claims: Claims): Disposable[] {
  const item = vscodeLanguages.createLanguageStatusItem('steplens.unmapped', nowhere);
  item.name = l10n.t('StepLens format');
  item.text = l10n.t('Not a StepLens format');
  item.command = { title: l10n.t('Map Fields…'), command: 'steplens.mapFields' };
  const place = (): void => {
    const document = window.activeTextEditor?.document;
    const isOffered =
      document !== undefined &&
      /^json/.test(document.languageId) &&
      mappingPlaceOf(document.uri) !== undefined &&
      !claims.has(document) &&
      looksLikeReasoning(document.getText(new Range(document.positionAt(0), document.positionAt(headLength))));
    item.selector = isOffered
      ? languages.map((language) => ({ language, scheme: document.uri.scheme, pattern: document.uri.fsPath }))
      : nowhere;
  };
  place();
  return [item, window.onDidChangeActiveTextEditor(place), claims.onDidClaim(place), claims.onDidRelease(place)];
}
