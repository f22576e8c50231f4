/** The rules of the code. Its walls, which folder may import which, are a table: scripts/rooms.mjs. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { house } from './scripts/walls.mjs';

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.vscode-test/**', 'bench-results/**', 'test-results/**', 'coverage/**'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        project: ['./tsconfig.server.json', './tsconfig.extension.json', './tsconfig.webview.json', './tsconfig.browser.json'],
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // Only where arrays are walked by index all the time, in loops a check would slow down or say nothing in: parsers of formats,
    // whose text is an array; tensors and token ids; pixels; the places of the tree panel, which are arrays by node; and single files
    // that compute over numbers. Elsewhere `server/reasoning/present.ts` names what is missing.
    files: [
      'server/{formats,inference,onnx}/**/*.ts',
      'server/models/images/**/*.ts',
      'server/reasoning/{bootstrap,random,rankCorrelation,treeStatistics}.ts',
      'server/evaluation/{bestOfN,subsets}.ts',
      'webview/tree/layout/**/*.ts',
      'webview/tree/model/{branches,treeModel}.ts',
      'test/**/*.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    files: ['**/*.mjs'],
    languageOptions: {
      globals: {
        process: 'readonly',
        console: 'readonly',
        setTimeout: 'readonly',
        clearTimeout: 'readonly',
        setInterval: 'readonly',
        clearInterval: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        Buffer: 'readonly',
        performance: 'readonly',
        AbortController: 'readonly',
        document: 'readonly',
        window: 'readonly',
        queueMicrotask: 'readonly',
      },
    },
  },
  { files: ['server/**/*.ts', 'extension/**/*.ts', 'webview/**/*.ts'], plugins: { house }, rules: { 'house/walls': 'error' } },
  {
    // Command-line programs talk on the console.
    files: ['server/cli/**/*.ts', 'media/**/*.ts', 'test/bench/**/*.ts', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
