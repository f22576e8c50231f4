import ts from 'typescript';
import type { Source } from './sources.js';

/** The texts of a source that people read. */
export interface Texts {
  /** English texts that are translated: the keys of the bundle. */
  readonly translated: readonly string[];
  /** `file:line text` of each literal that looks like a text and is not translated. */
  readonly missed: readonly string[];
}

/** Calls whose literals are for machines: selectors, names of events and attributes, log lines. */
const forMachines =
  /(^|\.)(querySelector(All)?|closest|matches|classList\.\w+|addEventListener|removeEventListener|attr|setProperty|getPropertyValue|startsWith|endsWith|includes|join|split|replace|replaceAll|matchMedia|executeCommand|getConfiguration|registerCommand)$|(^|\.)log\.\w+$|^RegExp$/;
/** Properties whose literals are for machines. */
const machineNames =
  /^(class|className|d|transform|style|role|viewBox|points|key|command|expected|method|href|language|pattern|itemType|font|requestKey|when)$/;
/** Literals that are the same in every language. */
const names = new Set(['StepLens', 'Enter', 'Home End', 'Core ML', 'JSON Lines', 'Best-of-N', 'pass@N']);

/** Whether a literal has two words, or one that begins a sentence. `·` marks a value that is filled in. */
function isText(text: string): boolean {
  const bare = text.replace(/\(command:[^)]*\)|`[^`]*`|\$\([a-z-]+\)|\bStepLens\b|\bms\b/g, '');
  return (
    !bare.startsWith('<!') &&
    /[A-Za-z]{2}/.test(bare) &&
    (/[A-Za-z)”"'·,:;%.…] [(A-Za-z·“"]/.test(bare) || /^[A-Z][a-z]+[….:]?$/.test(bare))
  );
}

/** The texts of a source; `exempt` are literals of this file that are for machines or developers. */
export function textsOfSource({ file, text }: Source, exempt: ReadonlySet<string> = new Set()): Texts {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const translated: string[] = [];
  const missed: string[] = [];

  const note = (node: ts.Node): void => {
    const said = ts.isStringLiteralLike(node)
      ? node.text
      : ts.isTemplateExpression(node)
        ? node.head.text + node.templateSpans.map(({ literal }) => `·${literal.text}`).join('')
        : undefined;
    if (said === undefined || names.has(said) || exempt.has(said) || !isText(said)) return;
    missed.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1} ${said}`);
  };
  const visitNoLiterals = (nodes: readonly ts.Node[]): void => {
    for (const node of nodes) if (!ts.isStringLiteralLike(node) && !ts.isTemplateExpression(node)) visit(node);
  };
  const visitCall = (node: ts.CallExpression | ts.NewExpression): void => {
    const name = node.expression.getText(source);
    const given = node.arguments ?? [];
    if (name === 't' || name === 'l10n.t' || name === 'plural' || name === 'english') {
      const keys = name === 'plural' ? given.slice(1) : given.slice(0, 1);
      for (const key of keys)
        if (ts.isStringLiteralLike(key)) {
          translated.push(key.text);
          // The server gets the language at initialization, after its modules are loaded.
          if (file.startsWith('server/') && !isInFunction(node)) missed.push(`${file}: too early: ${key.text}`);
        }
        // A text that is composed at run time is not in any bundle.
        else missed.push(`${file}: not a literal: ${key.getText(source)}`);
      for (const other of given) if (!keys.includes(other)) visit(other);
    } else if (forMachines.test(name)) {
      visit(node.expression);
      visitNoLiterals(given);
    } else ts.forEachChild(node, visit);
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node) || ts.isTypeNode(node)) return;
    if (ts.isCallExpression(node) || ts.isNewExpression(node)) return visitCall(node);
    if (ts.isPropertyAssignment(node)) {
      const name = node.name.getText(source).replaceAll("'", '');
      return machineNames.test(name) ? undefined : visit(node.initializer);
    }
    if (ts.isBinaryExpression(node) && /[!=]==/.test(node.operatorToken.getText(source))) return visitNoLiterals([node.left, node.right]);
    if (ts.isCaseClause(node)) return node.statements.forEach(visit);
    if (ts.isElementAccessExpression(node)) return visit(node.expression);
    note(node);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return { translated, missed };
}

/**
 * Returns the untranslated literals in messages of errors and in reasons why a verifier failed, as `file:line text`.
 * Excludes RangeErrors, which are for developers.
 */
export function errorsOfSource({ file, text }: Source): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const message = messageIn(node, source);
    if (message !== undefined)
      if (ts.isStringLiteralLike(message) ? isText(message.text) : ts.isTemplateExpression(message))
        found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1} ${message.getText(source)}`);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Returns the message of a new error, or the reason why an answer is undecided after its verifier failed. */
function messageIn(node: ts.Node, source: ts.SourceFile): ts.Expression | undefined {
  if (ts.isNewExpression(node) && isError(node.expression.getText(source))) return node.arguments?.[0];
  if (!ts.isCallExpression(node) || node.expression.getText(source) !== 'undecided') return undefined;
  const [method, reason] = node.arguments;
  return method !== undefined && /^'(error|limit|not found)'$/.test(method.getText(source)) ? reason : undefined;
}

function isError(name: string): boolean {
  return /(Error|Failure|Readable|Away|Open|Held|Lost|Mismatch|RefusedImage|Unusable)$/.test(name) && name !== 'RangeError';
}

function isInFunction(node: ts.Node): boolean {
  for (let at = node.parent; at !== undefined; at = at.parent) if (ts.isFunctionLike(at)) return true;
  return false;
}
