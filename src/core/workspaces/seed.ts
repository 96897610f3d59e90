import type { RoleState } from '../../store/catalog/roles.ts';

interface SeedProduct {
  readonly key: string;
  readonly name: string;
  readonly licenses: readonly { readonly key: string; readonly name: string }[];
}

/** The products of a new workspace. Everything else takes them as data: keys and names can be changed. */
export const SEED_PRODUCTS: readonly SeedProduct[] = [
  {
    key: 'testsigma',
    name: 'Testsigma',
    licenses: [
      { key: 'standard', name: 'Standard' },
      { key: 'pro', name: 'Pro' },
    ],
  },
  {
    key: 'test-management',
    name: 'Test Management',
    licenses: [
      { key: 'standard', name: 'Standard' },
      { key: 'guest', name: 'Guest' },
    ],
  },
];

/** The project roles of a new workspace. */
export const SEED_ROLES: readonly RoleState[] = [
  { key: 'manager', name: 'Manager', rank: 30 },
  { key: 'tester', name: 'Tester', rank: 20 },
  { key: 'viewer', name: 'Viewer', rank: 10 },
];
