import { check, same, sameSet } from '../check.ts';
import { aSecond, needingPatch, patched, stamp } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { at, isUnassigned, shown, valuesOf } from '../values.ts';

const SAME =
  'If the target location already contains the value specified, no changes SHOULD be made to the resource, and a success response SHOULD be returned. Unless other operations change the resource, this operation SHALL NOT change the modify timestamp of the resource.';

/** RFC 7644 sections 3.5.2.1 to 3.5.2.3, on the members of groups. */
export const patchMembers: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2.1-12',
    level: 'MUST',
    title: 'Adding who is a member changes no timestamp',
    paragraph: SAME,
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      const before = await t.read(group);
      await aSecond();
      const now = await patched(t, group, { op: 'add', path: 'members', value: [{ value: user.id }] });
      same(stamp(now), stamp(before), 'lastModified and version');
      same(valuesOf(at(now, 'members'), 'value'), [user.id], 'members.value');
    },
  },
  {
    id: '7644-3.5.2.1-13',
    level: 'MUST',
    title: 'Members are added to a Group; the others stay',
    paragraph: 'The following example shows how to add a member to a group.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [one, two] = [await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: one.id }] });
      const value = [{ display: 'Babs Jensen', value: two.id }];
      const now = await patched(t, group, { op: 'add', path: 'members', value });
      sameSet(valuesOf(at(now, 'members'), 'value'), [one.id, two.id], 'members.value');
    },
  },
  {
    id: '7644-3.5.2.2-13',
    level: 'MUST',
    title: 'A member is removed by its id; the others stay',
    paragraph: '"op":"remove", "path":"members[value eq \\"2819c223-7f76-...413861904646\\"]"',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [one, two] = [await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: one.id }, { value: two.id }] });
      const now = await patched(t, group, { op: 'remove', path: `members[value eq "${one.id}"]` });
      same(valuesOf(at(now, 'members'), 'value'), [two.id], 'members.value');
    },
  },
  {
    id: '7644-3.5.2.2-14',
    level: 'MUST',
    title: 'All members are removed',
    paragraph: 'Remove all members of a group: "op":"remove","path":"members"',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const group = await t.group({
        members: [{ value: (await t.user()).id }, { value: (await t.user()).id }],
      });
      const members = at(await patched(t, group, { op: 'remove', path: 'members' }), 'members');
      check(isUnassigned(members), `members is ${shown(members)}`);
    },
  },
  {
    id: '7644-3.5.2.2-15',
    level: 'SHOULD',
    title: 'Removing who is no member succeeds and changes nothing',
    paragraph:
      'If the user was not a member of this group, no changes should be made to the resource, and a success response should be returned.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [member, other] = [await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: member.id }] });
      const before = await t.read(group);
      await aSecond();
      const now = await patched(t, group, { op: 'remove', path: `members[value eq "${other.id}"]` });
      same(valuesOf(at(now, 'members'), 'value'), [member.id], 'members.value');
      same(stamp(now), stamp(before), 'lastModified and version');
    },
  },
  {
    id: '7644-3.5.2.2-16',
    level: 'MUST',
    title: 'One member is removed and another added in one PATCH',
    paragraph: 'Example request to remove and add a member.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [one, two, three] = [await t.user(), await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: one.id }, { value: two.id }] });
      const now = await patched(
        t,
        group,
        { op: 'remove', path: `members[value eq "${one.id}"]` },
        { op: 'add', path: 'members', value: [{ value: three.id }] },
      );
      sameSet(valuesOf(at(now, 'members'), 'value'), [two.id, three.id], 'members.value');
    },
  },
  {
    id: '7644-3.5.2.3-13',
    level: 'MUST',
    title: 'All members of a Group are replaced',
    paragraph:
      'The following example shows how to replace all of the members of a group with a different members list in a single replace operation.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const [one, two, three] = [await t.user(), await t.user(), await t.user()];
      const group = await t.group({ members: [{ value: one.id }] });
      const value = [{ value: two.id }, { value: three.id }];
      const now = await patched(t, group, { op: 'replace', path: 'members', value });
      sameSet(valuesOf(at(now, 'members'), 'value'), [two.id, three.id], 'members.value');
    },
  },
  {
    id: '7644-3.5.2.3-14',
    level: 'MUST',
    title: 'A Group is renamed, and keeps its members',
    paragraph: 'If the target location is a single-value attribute, the attributes value is replaced.',
    needs: ['Group'],
    writes: ['Group:members'],
    test: async (t) => {
      const user = await t.user();
      const group = await t.group({ members: [{ value: user.id }] });
      const displayName = t.unique();
      const now = await patched(t, group, { op: 'replace', value: { displayName } });
      same(at(now, 'displayName'), displayName, 'displayName');
      same(valuesOf(at(now, 'members'), 'value'), [user.id], 'members.value');
    },
  },
]);
