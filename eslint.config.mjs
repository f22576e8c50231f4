/** The lint rules of the code. The walls (which folder may import which) are a table in scripts/rooms.mjs. */
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
    // Off in loops that run for every character, token, weight, pixel or node, if the surrounding code guarantees that the value exists: format
    // parsers, which index texts and JSON spans; the inference process, which indexes typed arrays of token ids and logits; weights of ONNX
    // files and pixels of images; places and sums for each of 20,000 nodes of a tree; resampling. A named check there
    // (`server/reasoning/present.ts`) would cost a call for every element. Elsewhere the named check is the rule.
    files: [
      'server/{formats,inference}/**/*.ts',
      'server/onnx/{elements,quantiseMatrix}.ts',
      'server/models/images/{bicubic,channelsFirst,decodeImage,patches,resize}.ts',
      'server/reasoning/bootstrap.ts',
      'server/evaluation/{bestOfN,subsets}.ts',
      'webview/tree/layout/**/*.ts',
      'webview/tree/model/branches.ts',
    ],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // In a test, a missing value fails the test at that line: the assertion is as clear as `mustHave` and shorter.
    files: ['test/**/*.ts'],
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
    // Command-line programs write to the console.
    files: ['server/cli/**/*.ts', 'media/**/*.ts', 'test/bench/**/*.ts', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
