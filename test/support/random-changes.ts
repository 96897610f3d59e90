import fc from 'fast-check';
import type { GrantStatement } from '../../src/core/access/grant-specs.ts';
import type { MappingRule } from '../../src/core/access/mapping-rules.ts';
import { contextOf } from '../../src/core/context/context.ts';
import { changeGroup, deleteGroup } from '../../src/core/groups/write.ts';
import { deleteUser } from '../../src/core/users/delete.ts';
import { RollcallError } from '../../src/lib/errors.ts';
import type { GroupId, UserId } from '../../src/lib/ids.ts';
import type { Model, ModelGroup, ModelUser } from './naive-access.ts';
import type { Pushed, World } from './world.ts';

/** Something that happens in a workspace. Numbers choose among what is there. */
export type Step =
  | {
      readonly do: 'push';
      readonly user: number;
      readonly pushed: Required<Pick<Pushed, 'active' | 'roles' | 'entitlements'>>;
    }
  | { readonly do: 'delete user'; readonly user: number }
  | { readonly do: 'members'; readonly group: number; readonly add: number[]; readonly remove: number[] }
  | { readonly do: 'rename'; readonly group: number; readonly name: string }
  | { readonly do: 'delete group'; readonly group: number }
  | { readonly do: 'grants'; readonly group: number; readonly grants: GrantStatement[] }
  | { readonly do: 'rules'; readonly rules: MappingRule[] }
  | { readonly do: 'product'; readonly product: string; readonly enabled: boolean };

const PROJECTS = ['mobile', 'web', 'web-app'];
const LICENSES = { testsigma: ['standard', 'pro'], 'test-management': ['standard', 'guest'] };
const ROLES = { manager: 30, tester: 20, viewer: 10 };
const PRODUCTS = Object.keys(LICENSES) as (keyof typeof LICENSES)[];
const USERS = 6;
const GROUPS = 5;

const project = fc.constantFrom(...PROJECTS);
const role = fc.constantFrom(...Object.keys(ROLES));
const entitlement = fc.constantFrom(
  'testsigma',
  'Testsigma:PRO',
  'testsigma:standard',
  'test-management:guest',
  'nothing',
  'testsigma:gold',
);
const pushedRole = fc.oneof(
  fc.tuple(project, role).map(([key, level]) => `${key}:${level}`),
  fc.constantFrom('member', 'admin', 'Billing_Manager', 'owner', 'random-of-a-validator', 'mobile:king'),
);
const grant: fc.Arbitrary<GrantStatement> = fc.oneof(
  fc.record({ project, role }),
  fc.constantFrom<GrantStatement>(
    { product: 'testsigma' },
    { product: 'testsigma', license: 'pro' },
    { product: 'test-management', license: 'guest' },
  ),
  fc.constantFrom('member', 'admin', 'billing_manager').map((accountRole) => ({ accountRole })),
);
const name = fc.oneof(
  fc.tuple(project, role).map(([key, level]) => `TS-${key}-${level}`),
  fc.constantFrom('lic-testsigma-pro', 'lic-test-management-guest', 'Everybody', 'bills'),
);
const rule = fc.constantFrom<MappingRule>(
  { match: 'ts-{project}-{role}', grants: [{ project: '{project}', role: '{role}' }] },
  {
    match: 'ts-{project}-viewer',
    grants: [{ project: '{project}', role: 'tester' }, { product: 'testsigma' }],
  },
  { match: 'lic-{product}-{license}', grants: [{ product: '{product}', license: '{license}' }] },
  { match: 'everybody', grants: [{ product: 'test-management', license: 'standard' }] },
  { match: 'bills', grants: [{ accountRole: 'billing_manager' }] },
);
const which = (count: number) => fc.nat(count - 1);
const few = <T>(of: fc.Arbitrary<T>, most = 3) =>
  fc.uniqueArray(of, { maxLength: most, selector: (one) => JSON.stringify(one) });

/** A step of a random history; most are of the kinds that an identity provider sends. */
export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('push' as const),
      user: which(USERS),
      pushed: fc.record({
        active: fc.constantFrom(true, true, true, false),
        roles: few(pushedRole),
        entitlements: few(entitlement),
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('members' as const),
      group: which(GROUPS),
      add: few(which(USERS)),
      remove: few(which(USERS), 2),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('grants' as const), group: which(GROUPS), grants: few(grant) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rename' as const), group: which(GROUPS), name }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('rules' as const), rules: few(rule) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete user' as const), user: which(USERS) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('delete group' as const), group: which(GROUPS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('product' as const),
      product: fc.constantFrom(...PRODUCTS),
      enabled: fc.boolean(),
    }),
  },
);

/** A world with a few users and groups in it, and the same as a model. */
export interface Played {
  readonly model: Model;
  /** Does one step to both; a step that the core refuses, or that asks for what is gone, changes neither. */
  readonly play: (step: Step) => Promise<void>;
}

/** Makes people, groups and projects in a new world. */
export async function begin(world: World): Promise<Played> {
  for (const key of PROJECTS) await world.project(key);
  const model: Model = {
    users: new Map(),
    groups: new Map(),
    rules: [],
    enabled: new Set(PRODUCTS),
    projects: PROJECTS,
    licenses: LICENSES,
    roles: ROLES,
  };
  const users: UserId[] = [];
  const groups: GroupId[] = [];
  for (let index = 0; index < USERS; index++) {
    const userName = `user-${index}@example.com`;
    const id = await world.user(userName);
    users.push(id);
    model.users.set(id, { userName, active: true, deleted: false, roles: [], entitlements: [] });
  }
  for (let index = 0; index < GROUPS; index++) {
    const id = await world.group(`group ${index}`);
    groups.push(id);
    model.groups.set(id, { name: `group ${index}`, members: new Set(), own: [] });
  }
  const play = async (step: Step) => {
    try {
      await change(world, model, users, groups, step);
    } catch (error) {
      if (!(error instanceof RollcallError)) throw error;
    }
  };
  return { model, play };
}

async function change(
  world: World,
  model: Model,
  users: readonly UserId[],
  groups: readonly GroupId[],
  step: Step,
): Promise<void> {
  const { core, caller } = world;
  switch (step.do) {
    case 'push': {
      const [id, user] = userAt(model, users, step.user);
      if (user.deleted) await world.user(user.userName, step.pushed);
      else await world.push(id, user.userName, step.pushed);
      model.users.set(id, { ...user, ...step.pushed, deleted: false });
      return;
    }
    case 'delete user': {
      const [id, user] = userAt(model, users, step.user);
      await deleteUser(contextOf(core, caller), id);
      model.users.set(id, { ...user, active: false, deleted: true, roles: [], entitlements: [] });
      for (const [groupId, group] of model.groups) setMembers(model, groupId, group, [], [id]);
      return;
    }
    case 'members': {
      const [id, group] = groupAt(model, groups, step.group);
      const [add, remove] = [step.add, step.remove].map((some) => some.map((index) => users[index]!));
      const joining = add!.filter((one) => !remove!.includes(one));
      await world.members(id, { add: joining, remove: remove! });
      setMembers(model, id, group, joining, remove!);
      return;
    }
    case 'rename': {
      const [id, group] = groupAt(model, groups, step.group);
      await changeGroup(contextOf(core, caller), id, {
        displayName: step.name,
        members: { base: 'current', add: [], remove: [] },
      });
      model.groups.set(id, { ...group, name: step.name });
      return;
    }
    case 'delete group': {
      const [id] = groupAt(model, groups, step.group);
      await deleteGroup(contextOf(core, caller), id);
      model.groups.delete(id);
      return;
    }
    case 'grants': {
      const [id, group] = groupAt(model, groups, step.group);
      await world.grants(id, step.grants);
      model.groups.set(id, { ...group, own: step.grants });
      return;
    }
    case 'rules':
      await world.rules(step.rules);
      model.rules = step.rules;
      return;
    case 'product':
      await world.product(step.product, step.enabled);
      if (step.enabled) model.enabled.add(step.product);
      else model.enabled.delete(step.product);
  }
}

function userAt(model: Model, users: readonly UserId[], index: number): [UserId, ModelUser] {
  const id = users[index]!;
  return [id, model.users.get(id)!];
}

function groupAt(model: Model, groups: readonly GroupId[], index: number): [GroupId, ModelGroup] {
  const id = groups[index]!;
  const group = model.groups.get(id);
  if (!group) throw new RollcallError('not_found', 'It was deleted before.');
  return [id, group];
}

function setMembers(
  model: Model,
  id: string,
  group: ModelGroup,
  add: readonly string[],
  remove: readonly string[],
): void {
  const members = new Set([...group.members, ...add].filter((one) => !remove.includes(one)));
  model.groups.set(id, { ...group, members });
}
