import { invalid } from '../../lib/errors.ts';
import { newId, type WorkspaceId } from '../../lib/ids.ts';
import { findWorkspaceByKey, lockFirstStart } from '../../store/workspaces/workspaces.ts';
import { change } from '../change/change.ts';
import type { Caller } from '../context/caller.ts';
import { contextOf } from '../context/context.ts';
import type { Core } from '../context/core.ts';
import { keepToken, newSecret } from './tokens.ts';
import { seedWorkspace } from './workspaces.ts';

const SCOPES = ['scim', 'admin', 'operator'] as const;

/** The tokens of the first start, by scope. */
export type FirstTokens = Readonly<Record<(typeof SCOPES)[number], string>>;

/** What is shorter can be guessed. */
const MIN_LENGTH = 32;

/**
 * Makes the workspace `default` and its tokens, once, also when several instances start together. Tokens that are
 * given are taken as they are. Answers all three in clear, to be shown this once; null when the workspace was there
 * already, and then what is given changes nothing. Throws `invalid` for a token of fewer than 32 characters.
 */
export async function prepareFirstStart(
  core: Core,
  given: { readonly [S in keyof FirstTokens]?: string | undefined },
): Promise<FirstTokens | null> {
  for (const scope of SCOPES) {
    const token = given[scope];
    if (token !== undefined && token.length < MIN_LENGTH) {
      throw invalid(scope, `The first ${scope} token must have at least ${MIN_LENGTH} characters.`);
    }
  }
  const caller: Caller = {
    workspaceId: newId<WorkspaceId>(),
    actor: { kind: 'system', name: 'first start' },
    requestId: 'first-start',
  };
  const tokens = Object.fromEntries(SCOPES.map((scope) => [scope, given[scope] ?? newSecret(scope)]));
  return change(contextOf(core, caller), async (c) => {
    await lockFirstStart(c.scope.db);
    if (await findWorkspaceByKey(c.scope.db, 'default')) return null;
    await seedWorkspace(c, { key: 'default', name: 'Default' });
    for (const scope of SCOPES) {
      await keepToken(c, {
        name: `first ${scope} token`,
        scope,
        expires_at: null,
        secret: tokens[scope] as string,
      });
    }
    return tokens as FirstTokens;
  });
}
