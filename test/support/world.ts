import { randomUUID } from 'node:crypto';
import type { GrantStatement } from '../../src/core/access/grant-specs.ts';
import type { MappingRule } from '../../src/core/access/mapping-rules.ts';
import { setGroupGrants, setMappingRules } from '../../src/core/access/mapping.ts';
import { createOrganization } from '../../src/core/catalog/organizations.ts';
import { putProduct } from '../../src/core/catalog/products.ts';
import { createProject } from '../../src/core/catalog/projects.ts';
import type { Caller } from '../../src/core/context/caller.ts';
import { contextOf } from '../../src/core/context/context.ts';
import type { Core } from '../../src/core/context/core.ts';
import type { MemberEdit } from '../../src/core/groups/members.ts';
import { changeGroup, createGroup } from '../../src/core/groups/write.ts';
import type { UserInput } from '../../src/core/shared/user-state.ts';
import { provisionUser } from '../../src/core/users/create-or-adopt.ts';
import { replaceUser } from '../../src/core/users/replace.ts';
import { createWorkspace } from '../../src/core/workspaces/workspaces.ts';
import type { GroupId, UserId } from '../../src/lib/ids.ts';

/** What an identity provider pushes of a person; what is left out is empty. */
export interface Pushed {
  readonly active?: boolean;
  readonly roles?: readonly string[];
  readonly entitlements?: readonly string[];
  readonly organization?: string | null;
  readonly externalId?: string | null;
  readonly startDate?: string | null;
  readonly attributes?: UserInput['attributes'];
}

/** A workspace to try things in, by the core's own functions. */
export interface World {
  readonly core: Core;
  readonly caller: Caller;
  readonly project: (key: string, organization?: string) => Promise<void>;
  readonly organization: (key: string) => Promise<void>;
  readonly product: (key: string, enabled: boolean) => Promise<void>;
  readonly user: (userName: string, pushed?: Pushed) => Promise<UserId>;
  readonly push: (id: UserId, userName: string, pushed: Pushed) => Promise<void>;
  readonly group: (name: string, members?: readonly UserId[]) => Promise<GroupId>;
  readonly members: (id: GroupId, change: Partial<MemberEdit>) => Promise<void>;
  readonly grants: (id: GroupId, grants: readonly GrantStatement[]) => Promise<void>;
  readonly rules: (rules: readonly MappingRule[]) => Promise<void>;
}

/** A new workspace with the seeded products and roles. */
export async function newWorld(core: Core): Promise<World> {
  const key = `world-${randomUUID()}`;
  const by = { actor: { kind: 'system', name: 'Tester' }, requestId: 'test' } as const;
  const { id } = await createWorkspace(core, by, { key, name: key });
  return worldIn(core, { ...by, workspaceId: id });
}

/** The workspace of a caller. */
export function worldIn(core: Core, caller: Caller): World {
  return {
    core,
    caller,
    project: async (key, organization) => {
      await createProject(contextOf(core, caller), { key, name: `Project ${key}`, organization });
    },
    organization: async (key) => {
      await createOrganization(contextOf(core, caller), { key, name: `Organization ${key}` });
    },
    product: async (key, enabled) => {
      await putProduct(contextOf(core, caller), key, { enabled });
    },
    user: async (userName, pushed = {}) =>
      (await provisionUser(contextOf(core, caller), inputOf(userName, pushed))).id,
    push: async (id, userName, pushed) => {
      await replaceUser(contextOf(core, caller), id, () => inputOf(userName, pushed));
    },
    group: async (displayName, members = []) =>
      (await createGroup(contextOf(core, caller), { displayName, externalId: null, members })).id,
    members: async (id, change) => {
      await changeGroup(contextOf(core, caller), id, {
        members: { base: 'current', add: [], remove: [], ...change },
      });
    },
    grants: async (id, grants) => {
      await setGroupGrants(contextOf(core, caller), id, grants);
    },
    rules: async (rules) => {
      await setMappingRules(contextOf(core, caller), rules);
    },
  };
}

function inputOf(userName: string, pushed: Pushed): UserInput {
  const values = (attribute: 'roles' | 'entitlements', of: readonly string[] = []) =>
    of.map((value) => ({ attribute, value }));
  return {
    userName,
    externalId: pushed.externalId ?? null,
    active: pushed.active ?? true,
    // As the SCIM edge keeps them: what was pushed is what is read back.
    attributes: {
      ...pushed.attributes,
      ...elements('roles', pushed.roles),
      ...elements('entitlements', pushed.entitlements),
    },
    pushed: [...values('roles', pushed.roles), ...values('entitlements', pushed.entitlements)],
    organization: pushed.organization ?? null,
    startDate: pushed.startDate ?? null,
  };
}

function elements(name: string, values: readonly string[] = []) {
  return values.length === 0 ? {} : { [name]: values.map((value) => ({ value })) };
}
