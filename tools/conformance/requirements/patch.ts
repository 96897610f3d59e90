import { check, expectStatus, same } from '../check.ts';
import { needingPatch, patched, stamp, withEmails } from '../patching.ts';
import type { Requirement } from '../requirement.ts';
import { at, isObject, valuesOf } from '../values.ts';

const PRIMARY =
  'a PATCH operation that sets a value\'s "primary" sub-attribute to "true" SHALL cause the server to automatically set "primary" to "false" for any other values in the array.';

function primaries(emails: unknown): number {
  return valuesOf(emails, 'primary').filter((primary) => primary === true).length;
}

/** RFC 7644 section 3.5.2, what holds for all operations. */
export const patch: readonly Requirement[] = needingPatch([
  {
    id: '7644-3.5.2-01',
    level: 'MUST',
    title: 'A PATCH answers 200 with the entire resource, or 204 without a body',
    paragraph:
      'On successful completion, the server either MUST return a 200 OK response code and the entire resource within the response body … or MAY return HTTP status code 204 (No Content).',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user();
      const reply = await t.patch(user.path, [{ op: 'add', path: 'nickName', value: 'Babs' }]);
      expectStatus(reply, 200, 204);
      if (reply.status === 204) same(reply.text, '', 'the body of a 204', reply);
      else same(reply.body, await t.read(user), 'the body of the PATCH, compared with a GET', reply);
    },
  },
  {
    id: '7644-3.5.2-02',
    level: 'MUST',
    title: 'A PATCH with attributes answers 200 with them',
    paragraph: 'The server MUST return a 200 OK if the "attributes" parameter is specified in the request.',
    writes: ['User:nickName'],
    test: async (t) => {
      const user = await t.user();
      const operation = { op: 'add', path: 'nickName', value: 'Babs' };
      const reply = await t.patch(user.path, [operation], { query: { attributes: 'userName' } });
      expectStatus(reply, 200);
      check(at(reply.body, 'userName') !== undefined, 'userName is not shown', reply);
      check(at(reply.body, 'nickName') === undefined, 'nickName is shown', reply);
    },
  },
  {
    id: '7644-3.5.2-03',
    level: 'MUST',
    title: 'A PATCH of a Group with attributes answers 200 with them',
    paragraph: 'The server MUST return a 200 OK if the "attributes" parameter is specified in the request.',
    needs: ['Group'],
    test: async (t) => {
      const group = await t.group();
      const displayName = t.unique();
      const operation = { op: 'replace', path: 'displayName', value: displayName };
      const reply = await t.patch(group.path, [operation], { query: { attributes: 'displayName' } });
      same(at(expectStatus(reply, 200).body, 'displayName'), displayName, 'displayName', reply);
    },
  },
  {
    id: '7644-3.5.2-04',
    level: 'MUST',
    title: 'Operations are applied one after the other',
    paragraph: 'Operations are applied sequentially in the order they appear in the array.',
    writes: ['User:nickName', 'User:title'],
    test: async (t) => {
      const now = await patched(
        t,
        await t.user(),
        { op: 'add', path: 'nickName', value: 'one' },
        { op: 'replace', path: 'nickName', value: 'two' },
        { op: 'add', path: 'title', value: 'gone' },
        { op: 'remove', path: 'title' },
        { op: 'replace', path: 'nickName', value: 'three' },
      );
      same(at(now, 'nickName'), 'three', 'nickName');
      check(at(now, 'title') === undefined || at(now, 'title') === null, 'title is still there');
    },
  },
  {
    id: '7644-3.5.2-17',
    level: 'MUST',
    title: 'An added value that is primary leaves no other primary',
    paragraph: PRIMARY,
    writes: ['User:emails.value', 'User:emails.primary'],
    test: async (t) => {
      const user = await t.user({
        emails: [{ value: `${t.unique()}@example.com`, type: 'work', primary: true }],
      });
      const value = `${t.unique()}@example.com`;
      const operation = { op: 'add', path: 'emails', value: [{ value, type: 'home', primary: true }] };
      const emails = at(await patched(t, user, operation), 'emails');
      same(primaries(emails), 1, 'the number of primary emails');
      same(valuesOf(emails, 'value').includes(value), true, 'the new email is there');
    },
  },
  {
    id: '7644-3.5.2-18',
    level: 'MUST',
    title: 'A value that is made primary leaves no other primary',
    paragraph: PRIMARY,
    writes: ['User:emails.value', 'User:emails.primary', 'User:emails.type'],
    test: async (t) => {
      const first = { value: `${t.unique()}@example.com`, type: 'work', primary: true };
      const second = { value: `${t.unique()}@example.com`, type: 'home' };
      const user = await t.user({ emails: [first, second] });
      const operation = { op: 'replace', path: 'emails[type eq "home"].primary', value: true };
      const now = at(await patched(t, user, operation), 'emails');
      const chosen = (Array.isArray(now) ? (now as unknown[]) : []).filter(
        (email) => at(email, 'primary') === true,
      );
      same(valuesOf(chosen, 'value'), [second.value], 'the primary email');
    },
  },
  {
    id: '7644-3.5.2-20',
    level: 'MUST',
    title: 'A change shows: lastModified moves, the version differs',
    paragraph:
      'lastModified: The most recent DateTime that the details of this resource were updated at the service provider. (RFC 7643 section 3.1)',
    writes: ['User:emails.value', 'User:emails.type'],
    test: async (t) => {
      const { user } = await withEmails(t);
      await new Promise((resolve) => setTimeout(resolve, 1100));
      const now = await patched(t, user, { op: 'remove', path: 'emails[type eq "home"]' });
      check(isObject(now), 'the User is no JSON object');
      const [before, after] = [stamp(user.body), stamp(now)];
      check(before[0] !== after[0], 'lastModified is as it was');
      check(before[1] === undefined || before[1] !== after[1], 'version is as it was');
    },
  },
]);
