/** What a server may say that it does: `supported` in ServiceProviderConfig, or a resource type. */
export type Feature =
  'patch' | 'bulk' | 'filter' | 'sort' | 'etag' | 'pagination.cursor' | 'pagination.index' | 'Group';

/** An attribute of a schema: `User:emails.type`, `Group:members`, `Enterprise:employeeNumber`. */
export type AttributeName = `${'User' | 'Group' | 'Enterprise'}:${string}`;
