import tseslint from 'typescript-eslint';

/** Of the programs: all but each other. */
const everything = [
  'terms',
  'graph',
  'files',
  'system',
  'run',
  'config',
  'report',
  'protocol',
  'formats',
  'data',
  'runtime',
  'methods',
];

// Who may import whom (CONTRIBUTING.md, "Where things are").
const may = {
  terms: [],
  system: [],
  graph: ['terms'],
  files: ['terms', 'graph', 'system'],
  protocol: ['terms', 'graph'],
  formats: ['terms', 'graph', 'files', 'system'],
  data: ['terms', 'graph', 'files'],
  runtime: ['terms', 'graph', 'files', 'system'],
  methods: ['terms', 'graph', 'formats', 'data', 'runtime'],
  config: ['terms', 'graph', 'files'],
  report: ['terms', 'graph', 'config', 'methods'],
  run: [
    ...['terms', 'graph', 'files', 'system', 'formats', 'data', 'runtime', 'methods'],
    ...['config', 'report', 'protocol'],
  ],
  engine: everything,
  cli: everything,
  extension: ['terms', 'protocol', 'config', 'graph', 'files', 'system'],
};
const folders = Object.keys(may);

export default tseslint.config(
  { ignores: ['dist/', 'out/', 'node_modules/', 'demo-out/', '.espalier/', 'coverage/'] },
  ...tseslint.configs.recommended,
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  ...folders.map((folder) => {
    const forbidden = folders.filter((other) => other !== folder && !may[folder].includes(other));
    const patterns = [
      {
        regex: `^(\\.\\./)+(${forbidden.join('|')})/`,
        message: `src/${folder} may import only: ${may[folder].join(', ') || 'nothing of ours'} (CONTRIBUTING.md, "Where things are").`,
      },
      {
        regex: '^(\\.\\./)+(webview|test|bench|scripts)/',
        message: 'src may not import webview, test, bench or scripts.',
      },
    ];
    if (folder !== 'extension')
      patterns.push({ regex: '^vscode$', message: "Only src/extension may import 'vscode'." });
    return { files: [`src/${folder}/**/*.ts`], rules: { 'no-restricted-imports': ['error', { patterns }] } };
  }),
  {
    // a native library that is loaded from the current folder's LD_LIBRARY_PATH may be a stranger's
    files: ['src/**/*.ts'],
    ignores: ['src/runtime/onnx/session.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        {
          selector: "ImportExpression > Literal[value='onnxruntime-node']",
          message: 'loadOnnxRuntime (src/runtime/onnx/session.ts) loads it safely.',
        },
        {
          selector: "CallExpression[callee.name=/^mkdir/] Property[key.name='recursive']",
          message: 'makeFolder (src/files/make-folder.ts) ends also in /proc; this does not.',
        },
      ],
    },
  },
  {
    // one exception: there is one opinion on the reward, also where a slider moves it
    files: ['webview/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex:
                '^(\\.\\./)+src/(?!terms/|protocol/|config/|graph/types\\.ts$|methods/rewarded-meta/reward\\.ts$)',
              message:
                "webview may import only terms, protocol, config, graph's types and the reward (CONTRIBUTING.md, 'Where things are').",
            },
            {
              regex: '^(vscode|node:.*)$',
              message: 'The panel is a web page: it has neither the editor nor Node.',
            },
          ],
        },
      ],
    },
  },
);
