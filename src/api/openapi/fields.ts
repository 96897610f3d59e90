/**
 * What fields mean whose schemas don't say: by name, or where a name means something else in a named schema, by
 * `Schema.name`.
 */
const MEANINGS: Readonly<Record<string, string>> = {
  accountRole: 'What the user may do in the workspace as a whole; the highest of several counts.',
  actor: 'Who did it.',
  addresses: 'Postal addresses, as pushed or written.',
  at: 'When.',
  attempts: 'How often it was tried.',
  cancelledAt: 'When it ended without being applied.',
  closedAt: 'When it ended.',
  code: 'A word to decide by.',
  conflicts: 'What was pushed, granted or mapped for the user and gives nothing.',
  createdAt: 'When it was made.',
  decidedAt: 'Since when it is decided so.',
  durationMs: 'How many milliseconds it took.',
  enabled: 'Off: nobody gets it, whatever is granted.',
  expiresAt: 'When it stops working.',
  externalId: 'The id that the identity provider gave it.',
  fullName: 'The name as people read it.',
  grants: 'What is given.',
  integrationEnabled: 'Off: a user may be given only one of the products.',
  items: 'The page.',
  joinedAt: 'When the user became active for the first time; null for never.',
  key: 'What it is named by elsewhere; unique in the workspace, without regard to case.',
  lastAccessAt: 'When a product last saw the user; null for never.',
  lastUsedAt: 'When it was last used; null for never.',
  license: 'The key of a license of the product.',
  managedBy:
    '`idp`: an identity provider keeps the profile, which is read-only here. `workspace`: it is kept here.',
  match: 'The pattern: text, with `{placeholder}`s that stand for keys. It is compared with the whole name.',
  name: 'The name as people read it.',
  nextCursor: 'What to send as `cursor` for the next page; null on the last one.',
  note: 'Why, as it was said.',
  organization: 'The key of an organization; null for none.',
  overflow: 'What a grant past the last seat gets: `refuse` refuses it, `allow` gives it and shows it.',
  picture: 'The address of a picture; null for none.',
  product: 'The key of a product.',
  project: 'The key of a project.',
  rank: 'Of several roles in one project the one of the highest rank counts.',
  removedAt: 'When the user became inactive; null for those who are not.',
  requestId: 'Finds the request in the log.',
  role: 'The key of a project role.',
  rules: 'All of them, in their order; the first that fits a name counts.',
  scimType: 'What kind of error SCIM calls it.',
  seats: 'How many users may hold one; null for no limit.',
  signInUrl: 'Where people go on to sign in; null for nowhere.',
  since: 'Since when.',
  startDate: 'The day on which the user begins.',
  updatedAt: 'When it was last changed.',
  until: 'Until when.',
  userName: 'The name by which the user is known; unique in the workspace, without regard to case.',
  via: 'The ways by which it is had.',
  'AuditEvent.id': 'Ascending: a later event has a higher id.',
  'AuditEvent.target': 'What it was done to.',
  'Grant.accountRole': 'An account role, all but `owner`.',
  'Token.scope': 'What it may do.',
  'User.licenses': 'Licenses as `product:license`.',
  'User.source': 'How the user came to be here.',
};

/** What a field of an object means, if that is known; `schema` is the object's own name, if it has one. */
export function meaningOfField(field: string, schema: string | undefined): string | undefined {
  const ofSchema = schema === undefined ? undefined : MEANINGS[`${schema}.${field}`];
  return ofSchema ?? (Object.hasOwn(MEANINGS, field) ? MEANINGS[field] : undefined);
}
