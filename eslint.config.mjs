/** The walls of ARCHITECTURE.md as lint rules: each message says where the thing belongs. */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const wall = (message, ...patterns) => ({ regex: patterns.join('|'), message });

const noVscode = wall("'vscode' is imported in extension/ only: pass the value in.", '^vscode$');
const noOnnx = wall('onnxruntime-node is imported in server/inference/ only: ask the inference client.', '^onnxruntime');
const noD3 = wall('Drawing belongs in webview/.', '^d3-', '^katex', '^@vscode/webview-ui-toolkit');
const noExtension = wall('The server and the webview never reach into the extension.', '/extension/');
const noWebview = wall(
  "The webview is entered by a panel's protocol.ts and shared/wire.ts alone.",
  '/webview/(?!(?:tree|evaluation|review)/protocol\\.js$|shared/wire\\.js$)',
);
const noOtherPanel = wall('A panel knows shared/, not the inside of another panel.', '/(?:tree|evaluation)/');
const noServer = wall(
  'From outside, the server is server/protocol/, its pure reasoning/ and formats/ alone.',
  '/server/(?!protocol/|reasoning/|formats/)',
);
const noNode = wall('Pure code: no Node built-ins, no I/O. Pass the world in.', '^node:', '^(fs|path|os|child_process|crypto)$');

const restrict = (...patterns) => ({ 'no-restricted-imports': ['error', { patterns }] });

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', '.vscode-test/**', 'bench-results/**', 'test-results/**'] },
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
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
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
  { files: ['extension/**/*.ts'], rules: restrict(noOnnx, noD3, noServer, noWebview) },
  { files: ['webview/**/*.ts'], rules: restrict(noVscode, noOnnx, noExtension, noNode, noServer) },
  {
    files: ['webview/shared/**/*.ts', 'webview/evaluation/**/*.ts'],
    rules: restrict(noVscode, noOnnx, noExtension, noNode, noServer, noOtherPanel),
  },
  { files: ['server/**/*.ts'], rules: restrict(noVscode, noOnnx, noD3, noExtension, noWebview) },
  { files: ['server/inference/**/*.ts'], rules: restrict(noVscode, noD3, noExtension, noWebview) },
  { files: ['server/formats/**/*.ts'], rules: restrict(noVscode, noOnnx, noD3, noExtension, noWebview, noNode) },
  { files: ['server/onnx/**/*.ts'], rules: restrict(wall('server/onnx knows ONNX files, not what they are for: pass it in.', '^\\.\\./')) },
  {
    files: ['server/remote/**/*.ts'],
    rules: restrict(wall('server/remote knows servers, not what they are asked: pass it in.', '^\\.\\./')),
  },
  {
    files: ['server/reasoning/**/*.ts'],
    rules: restrict(noNode, wall('server/reasoning is pure and imports only itself.', '^\\.\\./', '^[^.]')),
  },
  {
    // Command-line programs talk on the console.
    files: ['server/cli/**/*.ts', 'media/**/*.ts', 'test/bench/**/*.ts', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
  { files: ['vitest.config.ts'], rules: { 'no-restricted-exports': 'off' } },
);
