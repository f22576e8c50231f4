import ts from 'typescript';
import { expect, it } from 'vitest';
import { type Source, sourcesIn } from './sources.js';

const mostLines = 120;

it('functions have at most 120 lines', () => {
  const long = ['server', 'extension', 'webview']
    .flatMap(sourcesIn)
    .flatMap(functionsOf)
    .filter(({ lines }) => lines > mostLines)
    .map(({ name }) => name);
  expect(long, 'break it up').toEqual([]);
});

/** Returns all functions of a source, including nested ones, by file and name, with their lines. Excludes classes. */
function functionsOf({ file, text }: Source): { readonly name: string; readonly lines: number }[] {
  const tree = ts.createSourceFile(file, text, ts.ScriptTarget.ES2023);
  const lineOf = (position: number): number => tree.getLineAndCharacterOfPosition(position).line;
  const found: { name: string; lines: number }[] = [];
  const visit = (node: ts.Node, name: string): void => {
    const own = nameOf(node) ?? name;
    if (ts.isFunctionLike(node) && 'body' in node && node.body)
      found.push({ name: `${file} ${own}`, lines: lineOf(node.end) - lineOf(node.getStart(tree)) + 1 });
    ts.forEachChild(node, (child) => visit(child, own));
  };
  visit(tree, '');
  return found;
}

function nameOf(node: ts.Node): string | undefined {
  const { name } = node as { readonly name?: ts.Node };
  return name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name)) ? name.text : undefined;
}
