/** The walls of scripts/rooms.mjs as a lint rule. */
import { dirname, relative, resolve } from 'node:path';
import { packageWall, wallBetween } from './rooms.mjs';

const root = resolve(import.meta.dirname, '..');
const fromRoot = (path) => relative(root, path).replaceAll('\\', '/');

const walls = {
  meta: { type: 'problem', schema: [] },
  create(context) {
    const file = fromRoot(context.filename);
    const check = (source) => {
      if (source?.type !== 'Literal' || typeof source.value !== 'string') return;
      const message = source.value.startsWith('.')
        ? wallBetween(file, fromRoot(resolve(dirname(context.filename), source.value)).replace(/\.js$/, '.ts'))
        : packageWall(file, source.value);
      if (message) context.report({ node: source, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
    };
  },
};

export const house = { rules: { walls } };
