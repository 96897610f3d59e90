import { expect } from 'chai';
import { ROLLCALL_USER } from '../../../src/scim/schema/rollcall.ts';
import { CORE_GROUP, CORE_USER, ENTERPRISE_USER } from '../../../src/scim/schema/urns.ts';
import type { Body, Resource, ScimReply } from './client.ts';

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
export function written(resource: Resource, url: string): Record<string, unknown> {
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
    return { ...rest, ...('members' in resource ? { members: references(members, url, 'User') } : {}) };
  }
  const extensions = ENTERPRISE_USER in rest ? [ENTERPRISE_USER, ROLLCALL_USER] : [ROLLCALL_USER];
  expect(schemas).to.deep.equal([CORE_USER, ...extensions]);
  const { status, joinedAt, lastAccessAt, ...own } = extension!;
  expect(own, 'what is returned on request only').not.to.have.property('access');
  expect(rest.active).to.equal(status === 'active');
  if (status === 'active') expect(joinedAt).to.satisfy(isTime);
  if (lastAccessAt !== undefined) expect(lastAccessAt).to.satisfy(isTime);
  return {
    ...rest,
    ...('groups' in resource ? { groups: references(groups, url, 'Group') } : {}),
    ...(Object.keys(own).length === 0 ? {} : { [ROLLCALL_USER]: own }),
  };
}

function isTime(text: string): boolean {
  return new Date(text).toISOString() === text;
}

/** The ids in a `members` or `groups`, whose other sub-attributes are checked. */
function references(elements: readonly Resource[], url: string, type: 'User' | 'Group'): string[] {
  return elements.map((element) => {
    expect(element).to.have.all.keys('value', '$ref', 'display', 'type');
    expect(element.$ref).to.equal(`${url}/scim/v2/${type}s/${element.value}`);
    expect(element.display).to.be.a('string').and.not.equal('');
    expect(element.type).to.equal(type === 'User' ? 'User' : 'direct');
    return element.value;
  });
}

/** Expects a whole ListResponse and gives its resources. */
export function listed<B = Body>(reply: ScimReply<B>): B extends Resource ? Resource[] : Body[] {
  const { schemas, totalResults, itemsPerPage, startIndex, Resources } = reply.body as Resource;
  expect(reply.status, JSON.stringify(reply.body)).to.equal(200);
  expect(schemas).to.deep.equal([LIST_RESPONSE]);
  for (const number of [totalResults, itemsPerPage, startIndex]) expect(number).to.satisfy(Number.isInteger);
  expect(itemsPerPage).to.equal(Resources.length);
  expect(totalResults).to.be.at.least(Resources.length);
  return Resources;
}

/** Expects an error, and answers its detail. */
export function refused(reply: ScimReply, status: number, scimType?: string): string {
  const error = reply.body as Resource;
  expect(reply.status, JSON.stringify(error)).to.equal(status);
  expect(error.scimType).to.equal(scimType);
  return error.detail;
}
