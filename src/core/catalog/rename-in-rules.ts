import { isDeepStrictEqual } from 'node:util';
import { readRules, writeRules } from '../../store/access/mapping-rules.ts';
import type { MappingRule } from '../access/mapping-rules.ts';
import { bytesOf } from '../audit/event-size.ts';
import type { Change } from '../change/change.ts';
import { isSameKey } from '../shared/keys.ts';

/**
 * After a key was changed: mapping rules that name it literally name the new one, so that a rename takes access from
 * nobody. To be called before groups' names are read again.
 */
export async function rulesFollow(
  c: Change,
  field: 'project' | 'role' | 'product',
  from: string,
  to: string,
): Promise<void> {
  const before = await readRules<MappingRule['grants']>(c.scope);
  const after = before.map((rule) => ({
    match: rule.match,
    grants: rule.grants.map((grant) => {
      const named = (grant as Partial<Record<typeof field, string>>)[field];
      if (named === undefined || !isSameKey(named, from)) return grant;
      return { ...grant, [field]: to };
    }),
  }));
  if (isDeepStrictEqual(before, after)) return;
  c.charge(bytesOf(after));
  await writeRules(c.scope, after);
  c.record({
    action: 'mapping_rules.set',
    target: { kind: 'mapping_rules', id: c.caller.workspaceId, name: null },
    before,
    after,
  });
}
