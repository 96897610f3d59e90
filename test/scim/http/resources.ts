import { expect } from 'chai';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { Body, ScimReply } from './client.ts';

export const PATCH_OP = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
export const LIST_RESPONSE = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The body of a PATCH. */
export function patchOf(...operations: readonly object[]): object {
  return { schemas: [PATCH_OP], Operations: operations };
}

/**
 * What a client has written of a resource, as it is shown: without what the server tells of it (id, schemas, meta,
 * status, references), which is checked to be right.
 */
export function written(resource: Body, url: string): Record<string, unknown> {
  const { id, schemas, meta, groups, members, [ROLLCALL_USER]: extension, ...rest } = resource;
  expect(id).to.match(UUID);
  const type = meta.resourceType === 'Group' ? 'Group' : 'User';
  expect(meta).to.have.all.keys('resourceType', 'created', 'lastModified', 'location', 'version');
  expect(meta.resourceType).to.equal(type);
  expect(meta.location).to.equal(`${url}/scim/v2/${type}s/${id}`);
  expect(meta.version).to.match(/^W\/"[1-9]\d*"$/);
  expect(Date.parse(meta.lastModified)).to.be.at.least(Date.parse(meta.created));
  if (type === 'Group') {
    expect(schemas).to.deep.equal([CORE_GROUP]);
    return { ...rest, ...(members === undefined ? {} : { members: references(members, url, 'User') }) };
  }
  const extensions = ENTERPRISE_USER in rest ? [ENTERPRISE_USER, ROLLCALL_USER] : [ROLLCALL_USER];
  expect(schemas).to.deep.equal([CORE_USER, ...extensions]);
  const { status, joinedAt, lastAccessAt, access, ...own } = extension;
  expect(access, 'what is returned on request only').to.equal(undefined);
  expect(rest.active).to.equal(status === 'active');
  if (status === 'active') expect(Date.parse(joinedAt)).to.be.a('number').and.not.NaN;
  if (lastAccessAt !== undefined) expect(Date.parse(lastAccessAt)).not.to.be.NaN;
  return {
    ...rest,
    ...(groups === undefined ? {} : { groups: references(groups, url, 'Group') }),
    ...(Object.keys(own).length === 0 ? {} : { [ROLLCALL_USER]: own }),
  };
}

/** The ids in a `members` or `groups`, whose other sub-attributes are checked. */
function references(elements: Body[], url: string, type: 'User' | 'Group'): string[] {
  return elements.map((element) => {
    expect(element).to.have.all.keys('value', '$ref', 'display', 'type');
    expect(element.$ref).to.equal(`${url}/scim/v2/${type}s/${element.value}`);
    expect(element.display).to.be.a('string').and.not.equal('');
    expect(element.type).to.equal(type === 'User' ? 'User' : 'direct');
    return element.value as string;
  });
}

/** Expects a whole ListResponse and gives its resources. */
export function listed(reply: ScimReply): Body[] {
  expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
  const { schemas, totalResults, itemsPerPage, startIndex, Resources } = reply.body;
  expect(schemas).to.deep.equal([LIST_RESPONSE]);
  for (const number of [totalResults, itemsPerPage, startIndex]) expect(number).to.satisfy(Number.isInteger);
  expect(itemsPerPage).to.equal(Resources.length);
  expect(totalResults).to.be.at.least(Resources.length);
  return Resources as Body[];
}

/** Expects an error, and answers its detail. */
export function refused(reply: ScimReply, status: number, scimType?: string): string {
  expect(reply.status, JSON.stringify(reply.body)).to.equal(status);
  expect(reply.body.scimType).to.equal(scimType);
  return reply.body.detail as string;
}
