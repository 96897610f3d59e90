const LIST_SCHEMA = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

/** A ListResponse (RFC 7644 section 3.4.2) of resources that are JSON text already. */
export function listText(resources: readonly string[], page: { total: number; startIndex: number }): string {
  return (
    `{"schemas":["${LIST_SCHEMA}"],"totalResults":${page.total},"itemsPerPage":${resources.length},` +
    `"startIndex":${page.startIndex},"Resources":[${resources.join(',')}]}`
  );
}
