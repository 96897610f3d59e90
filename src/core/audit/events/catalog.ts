/**
 * The fields of `before` and `after`, and what an erasure does with them: `kept` tells of nobody, `personal` may name or
 * describe a person and is taken. A field that is not here does not compile. The database has the same list, in
 * `audit_kept()`; to make a field kept that events have had as personal is another format of the chain.
 */
const FIELDS = {
  status: 'kept',
  managedBy: 'kept',
  source: 'kept',
  organization: 'kept',
  accountRole: 'kept',
  project: 'kept',
  projects: 'kept',
  role: 'kept',
  product: 'kept',
  products: 'kept',
  license: 'kept',
  row: 'kept',
  decision: 'kept',
  none: 'kept',
  keep: 'kept',
  revoke: 'kept',
  alreadyEnded: 'personal',
  bytes: 'personal',
  displayName: 'personal',
  dueAt: 'personal',
  email: 'personal',
  enabled: 'personal',
  expiresAt: 'personal',
  externalId: 'personal',
  filter: 'personal',
  fingerprint: 'personal',
  integration_enabled: 'personal',
  kept: 'personal',
  key: 'personal',
  name: 'personal',
  organization_id: 'personal',
  overflow: 'personal',
  rank: 'personal',
  receipt: 'personal',
  refused: 'personal',
  revoked: 'personal',
  roles: 'personal',
  rows: 'personal',
  scope: 'personal',
  seats: 'personal',
  sha256: 'personal',
  sign_in_url: 'personal',
  tasks: 'personal',
  undecided: 'personal',
  userName: 'personal',
} as const satisfies Readonly<Record<string, 'kept' | 'personal'>>;

type Field = keyof typeof FIELDS;

/** Fields that an erasure leaves. */
export const KEPT_FIELDS: ReadonlySet<string> = new Set(
  Object.entries(FIELDS).flatMap(([name, what]) => (what === 'kept' ? [name] : [])),
);

/** What events are about. The name of a `thing` is nobody's, so an erasure leaves it. */
const TARGETS = {
  export: 'person',
  group: 'thing',
  invitation: 'person',
  license: 'person',
  machine: 'person',
  mapping_rules: 'person',
  organization: 'person',
  product: 'person',
  project: 'person',
  review: 'thing',
  role: 'person',
  token: 'person',
  user: 'person',
  workspace: 'person',
} as const satisfies Readonly<Record<string, 'person' | 'thing'>>;

export type TargetKind = keyof typeof TARGETS;

/** Kinds of target whose names an erasure leaves. */
export const THINGS: ReadonlySet<string> = new Set(
  Object.entries(TARGETS).flatMap(([kind, what]) => (what === 'thing' ? [kind] : [])),
);

interface EventDefinition {
  readonly target: TargetKind;
  readonly fields: readonly Field[];
  /** It also tells attributes of a user, by any name: all of them personal, but for those that are kept. */
  readonly tellsUser?: true;
  /** `before` and `after` are lists of grants or rules. */
  readonly tellsList?: true;
}

const USER = { target: 'user', fields: [], tellsUser: true } as const;
const PROJECT_ROLE = { target: 'user', fields: ['project', 'role'] } as const;
const LICENSE = { target: 'user', fields: ['product', 'license'] } as const;
const INVITATION_END = { target: 'invitation', fields: ['status'] } as const;
const DECISIONS = ['none', 'keep', 'revoke', 'filter'] as const;

/** Every action that the audit knows: what it is about, and which fields it tells. */
const EVENTS = {
  'export.started': { target: 'export', fields: ['filter', 'receipt'] },
  'export.created': { target: 'export', fields: ['filter', 'rows', 'sha256', 'bytes'] },
  'export.interrupted': { target: 'export', fields: ['filter', 'rows', 'sha256', 'bytes'] },
  'group.created': { target: 'group', fields: ['displayName', 'externalId'] },
  'group.updated': { target: 'group', fields: ['displayName', 'externalId'] },
  'group.deleted': { target: 'group', fields: ['displayName', 'externalId'] },
  'group.member_added': { target: 'group', fields: ['userName'] },
  'group.member_removed': { target: 'group', fields: ['userName'] },
  'group.grants_set': { target: 'group', fields: [], tellsList: true },
  'invitation.created': {
    target: 'invitation',
    fields: ['email', 'expiresAt', 'organization', 'accountRole', 'products', 'projects'],
  },
  'invitation.resent': { target: 'invitation', fields: ['status', 'expiresAt'] },
  'invitation.accepted': INVITATION_END,
  'invitation.expired': INVITATION_END,
  'invitation.revoked': INVITATION_END,
  'invitation.superseded': INVITATION_END,
  'license.created': { target: 'license', fields: ['key', 'name', 'seats', 'overflow'] },
  'license.updated': { target: 'license', fields: ['name', 'seats', 'overflow'] },
  'machine.registered': { target: 'machine', fields: ['name', 'fingerprint', 'product'] },
  'machine.updated': { target: 'machine', fields: ['name', 'product'] },
  'machine.removed': { target: 'machine', fields: ['name', 'fingerprint', 'product'] },
  'mapping_rules.set': { target: 'mapping_rules', fields: [], tellsList: true },
  'organization.created': { target: 'organization', fields: ['key', 'name'] },
  'organization.updated': { target: 'organization', fields: ['key', 'name'] },
  'organization.deleted': { target: 'organization', fields: ['key', 'name'] },
  'product.created': { target: 'product', fields: ['key', 'name', 'enabled'] },
  'product.updated': { target: 'product', fields: ['key', 'name', 'enabled'] },
  'project.created': { target: 'project', fields: ['key', 'name', 'organization'] },
  'project.updated': { target: 'project', fields: ['key', 'name', 'organization'] },
  'project.deleted': { target: 'project', fields: ['key', 'name', 'organization'] },
  'review.opened': { target: 'review', fields: ['name', 'scope', 'dueAt', 'rows'] },
  'review.row_decided': { target: 'review', fields: ['row', 'decision'] },
  'review.rows_decided': { target: 'review', fields: DECISIONS },
  'review.closing': { target: 'review', fields: ['status', 'undecided'] },
  'review.closed': {
    target: 'review',
    fields: ['status', 'kept', 'revoked', 'tasks', 'alreadyEnded', 'refused'],
  },
  'review.cancelled': { target: 'review', fields: ['status'] },
  'role.created': { target: 'role', fields: ['key', 'name', 'rank'] },
  'role.updated': { target: 'role', fields: ['key', 'name', 'rank'] },
  'token.issued': { target: 'token', fields: ['name', 'scope', 'expiresAt'] },
  'token.revoked': { target: 'token', fields: ['name', 'scope'] },
  'user.created': USER,
  'user.updated': USER,
  'user.activated': USER,
  'user.deactivated': USER,
  'user.adopted': USER,
  'user.restored': USER,
  'user.joined': USER,
  'user.deleted': { target: 'user', fields: ['status'] },
  'user.removed': { target: 'user', fields: ['status'] },
  'user.reinvited': { target: 'user', fields: ['status'] },
  'user.erased': { target: 'user', fields: [] },
  'user.account_role_set': { target: 'user', fields: ['accountRole'] },
  'user.project_role_set': PROJECT_ROLE,
  'user.project_role_removed': PROJECT_ROLE,
  'user.license_set': LICENSE,
  'user.license_removed': LICENSE,
  'workspace.created': { target: 'workspace', fields: ['key', 'name', 'products', 'roles'] },
  'workspace.updated': {
    target: 'workspace',
    fields: ['name', 'sign_in_url', 'integration_enabled'],
  },
} as const satisfies Readonly<Record<string, EventDefinition>>;

/** What happened, in the words of the audit: `user.created`, `group.member_added`. */
export type Action = keyof typeof EVENTS;

/** All actions, in the order of the alphabet. */
export const ACTIONS = Object.keys(EVENTS).sort() as readonly Action[];

/** An object with no field that the action does not tell. */
type Told<A extends Action, T> = unknown extends T
  ? unknown
  : (typeof EVENTS)[A] extends { tellsUser: true } | { tellsList: true }
    ? unknown
    : { readonly [Name in Exclude<keyof T, (typeof EVENTS)[A]['fields'][number]>]: never };

/** One event of a change. Fields that its action does not tell do not compile. */
export interface EventOf<A extends Action, Before, After> {
  readonly action: A;
  readonly target: {
    readonly kind: (typeof EVENTS)[A]['target'];
    readonly id: string;
    readonly name: string | null;
  };
  /** The other one concerned, for example the user of a membership. */
  readonly related?: string;
  /** What changed, as it was and as it is, and never a secret. Of it, what differs is kept (event-size.ts). */
  readonly before?: (Before & Told<A, Before>) | undefined;
  readonly after?: (After & Told<A, After>) | undefined;
}

/** An event whose fields have been checked where it was made. */
export interface ChangeEvent {
  readonly action: Action;
  readonly target: { readonly kind: TargetKind; readonly id: string; readonly name: string | null };
  readonly related?: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** Makes an event in one place for use in another. */
export function changeEvent<A extends Action, Before, After>(event: EventOf<A, Before, After>): ChangeEvent {
  return event;
}
