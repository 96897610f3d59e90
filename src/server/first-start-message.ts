import type { Config } from '../config.ts';
import type { FirstTokens } from '../core/workspaces/bootstrap.ts';

/** What the first start tells the person in front of it: addresses and tokens, this once. */
export function firstStartText(config: Pick<Config, 'publicUrl' | 'tokens'>, tokens: FirstTokens): string {
  const shown = (scope: keyof FirstTokens, variable: string): string =>
    config.tokens[scope] === undefined ? tokens[scope] : `the one in ${variable}`;
  return `
  Rollcall is set up, with the workspace "default".

    SCIM address     ${config.publicUrl}/scim/v2
    SCIM token       ${shown('scim', 'SCIM_TOKEN')}

    API address      ${config.publicUrl}/api/v1
    Admin token      ${shown('admin', 'ADMIN_TOKEN')}
    Operator token   ${shown('operator', 'OPERATOR_TOKEN')}

  The tokens are shown this once and kept as hashes only: copy them now.

`;
}
