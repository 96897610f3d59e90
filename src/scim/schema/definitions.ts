import SCIMMY from 'scimmy';
import { rollcallUser } from './rollcall.ts';

const { User, Group, EnterpriseUser } = SCIMMY.Schemas;

/**
 * Corrects one attribute of a definition. scimmy's definitions are static, so this must run once for the process:
 * it does, as this module is evaluated once.
 */
function correct(
  definition: SCIMMY.Types.SchemaDefinition,
  name: string,
  config: SCIMMY.Types.Attribute.AttributeConfig,
): void {
  Object.assign(definition.attribute(name).config, config);
}

// An empty list of canonical values says nothing to a client; scimmy's own coercion would refuse every value by it.
correct(User.definition, 'roles.type', { canonicalValues: false });
correct(User.definition, 'x509Certificates.type', { canonicalValues: false });
// RFC 7643 section 4.1.2: the URI of the corresponding 'Group' resource. Memberships are direct: groups don't nest.
correct(User.definition, 'groups.$ref', { referenceTypes: ['Group'] });
correct(User.definition, 'groups.type', { canonicalValues: ['direct'] });

// RFC 7643 section 4.2 says REQUIRED; the name is what rules and admins know a group by, so it is unique here.
correct(Group.definition, 'displayName', { uniqueness: 'server' });
// We write it from the member's name (section 2.4: "display" may be read-only); and only users can be members.
correct(Group.definition, 'members.display', { mutable: false, direction: 'out' });
correct(Group.definition, 'members.$ref', { referenceTypes: ['User'] });
correct(Group.definition, 'members.type', { canonicalValues: ['User'] });

User.definition.extend(EnterpriseUser.definition, false).extend(rollcallUser, false);

/**
 * scimmy's definitions, corrected and extended: what `/Schemas` and `/ResourceTypes` describe (RFC 7643 sections 6
 * to 8), and what our own attribute table is derived from. Resource classes must take their schema from here, so
 * that none describes itself before it is corrected.
 */
export const definitions = {
  user: User.definition,
  enterpriseUser: EnterpriseUser.definition,
  rollcallUser,
  group: Group.definition,
} as const;
