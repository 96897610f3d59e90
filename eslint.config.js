import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import { importX } from 'eslint-plugin-import-x';

/**
 * The rooms of the house and what each may open. Everything not named is closed.
 * The arrows point one way: main → app → {scim, api, http} → core → store. See docs/adr/0001.
 */
const rooms = {
  store: ['store'],
  core: ['core', 'store'],
  http: ['http', 'core'],
  scim: ['scim', 'http', 'core'],
  api: ['api', 'http', 'core'],
  postgres: ['postgres'],
};

/** May be opened from any room: they import nothing of ours. */
const everywhere = ['log.ts', 'metrics.ts', 'config.ts'];

const zones = Object.entries(rooms).map(([room, open]) => ({
  target: `./src/${room}`,
  from: './src',
  except: [...open.map((name) => `./${name}`), ...everywhere.map((file) => `./${file}`)],
  message: `src/${room} may only import from ${open.join(', ')} (docs/adr/0001).`,
}));

export default tseslint.config(
  { ignores: ['node_modules', 'dist', 'data', 'coverage'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver-next': [], 'import-x/extensions': ['.ts'] },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { basePath: import.meta.dirname, zones }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only src/config.ts reads the environment.',
        },
      ],
    },
  },
  { files: ['src/config.ts', 'src/postgres/**'], rules: { 'no-restricted-syntax': 'off' } },
  {
    files: ['src/**/*.ts'],
    ignores: ['src/store/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: ['knex', 'pg', 'sql-template-tag', 'pg-query-stream'].map((name) => ({ name, message: 'SQL lives in src/store.' })) },
      ],
    },
  },
  {
    files: ['src/core/**/*.ts', 'src/store/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        { paths: ['express', 'scimmy', 'scimmy-routers', 'passport'].map((name) => ({ name, message: 'The core knows no HTTP and no SCIM.' })) },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
);
