import SCIMMY from 'scimmy';
import { whileTokenLive } from '../../core/context/live-token.ts';
import type { ScimReply } from '../http/reply.ts';
import type { RawQuery } from '../query/raw-query.ts';
import { admitWrite, guarded, type RoutedContext, type ScimContext } from './context.ts';

/** What can be done with resources of one type (RFC 7644 section 3). */
export interface ResourceVerbs {
  readonly list: (ctx: ScimContext, query: RawQuery) => Promise<ScimReply>;
  readonly read: (ctx: ScimContext, id: string, query: RawQuery) => Promise<ScimReply>;
  readonly create: (ctx: ScimContext, body: unknown, query: RawQuery) => Promise<ScimReply>;
  readonly replace: (ctx: ScimContext, id: string, body: unknown, query: RawQuery) => Promise<ScimReply>;
  readonly patch: (ctx: ScimContext, id: string, body: unknown, query: RawQuery) => Promise<ScimReply>;
  readonly remove: (ctx: ScimContext, id: string) => Promise<ScimReply>;
}

/** The part of scimmy's base class that we build on; its own types speak of coerced instances. */
const Base = SCIMMY.Types.Resource as unknown as new (config: object) => object;

type ResourceClass = typeof SCIMMY.Types.Resource;

/**
 * A class that scimmy's router drives, over verbs of ours. Not scimmy's User and Group: those cut pages that SQL has
 * cut already, tell any foreign error as 404, and coerce all that goes out (docs/adr/0003).
 */
export function resourceClass(type: {
  name: string;
  endpoint: string;
  schema: typeof SCIMMY.Types.Schema;
  verbs: ResourceVerbs;
}): ResourceClass {
  const { endpoint, schema, verbs } = type;
  let location: string | undefined;

  class Resource extends Base {
    static readonly endpoint = endpoint;
    static readonly schema = schema;

    /** scimmy sets it on every request; PUBLIC_URL is constant, so it is always the same. */
    static basepath(path?: string): unknown {
      if (path === undefined) return location;
      location = `${path}${endpoint}`;
      return Resource;
    }

    readonly id: string | undefined;
    readonly query: RawQuery;

    /** As the router calls it: an id and a query, or a query alone. The base class would parse the filter. */
    constructor(idOrQuery?: string | RawQuery, query?: RawQuery) {
      super({});
      this.id = typeof idOrQuery === 'string' ? idOrQuery : undefined;
      this.query = (typeof idOrQuery === 'string' ? query : idOrQuery) ?? {};
    }

    read(routed: RoutedContext): Promise<ScimReply> {
      const { id, query } = this;
      return guarded(routed, (ctx) =>
        whileTokenLive(ctx, () => (id === undefined ? verbs.list(ctx, query) : verbs.read(ctx, id, query))),
      );
    }

    write(body: unknown, routed: RoutedContext): Promise<ScimReply> {
      const { id, query } = this;
      return guarded(routed, (ctx) => {
        admitWrite(ctx);
        return id === undefined ? verbs.create(ctx, body, query) : verbs.replace(ctx, id, body, query);
      });
    }

    patch(body: unknown, routed: RoutedContext): Promise<ScimReply> {
      return guarded(routed, (ctx) => {
        admitWrite(ctx);
        return verbs.patch(ctx, this.id ?? '', body, this.query);
      });
    }

    dispose(routed: RoutedContext): Promise<ScimReply> {
      return guarded(routed, (ctx) => {
        admitWrite(ctx);
        return verbs.remove(ctx, this.id ?? '');
      });
    }
  }

  // scimmy names a resource type by its class.
  Object.defineProperty(Resource, 'name', { value: type.name });
  return Resource as unknown as ResourceClass;
}
