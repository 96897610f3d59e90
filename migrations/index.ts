import type { Knex } from 'knex';
import * as workspaces from './0001_workspaces.ts';
import * as catalogue from './0002_catalogue.ts';
import * as directory from './0003_directory.ts';
import * as access from './0004_access.ts';
import * as audit from './0005_audit.ts';
import * as provisioningLog from './0006_provisioning_log.ts';
import * as invitations from './0007_invitations.ts';
import * as userManagement from './0008_user_management.ts';
import * as auditSeals from './0011_audit_seals.ts';
import * as exportReceipts from './0012_export_receipts.ts';
import * as pastNames from './0013_past_names.ts';
import * as mainRoad from './0016_main_road.ts';
import * as erasure from './0017_erasure.ts';
import * as reviews from './0018_reviews.ts';
import * as pastDetails from './0019_past_details.ts';
import * as fewerSteps from './0020_fewer_steps.ts';
import * as largeUsers from './0021_large_users.ts';
import * as seenNames from './0023_seen_names.ts';
import * as erasedTexts from './0024_erased_texts.ts';
import * as workspaceEstimates from './0025_workspace_estimates.ts';
import * as auditJson from './0026_audit_json.ts';

interface Migration {
  readonly up: (knex: Knex) => Promise<void>;
}

/**
 * Every migration in order, by a name without file extension: knex records these names, and the same database is
 * migrated by .ts and by compiled .js files. Migrations only go forward.
 */
const migrations: Readonly<Record<string, Migration>> = {
  '0001_workspaces': workspaces,
  '0002_catalogue': catalogue,
  '0003_directory': directory,
  '0004_access': access,
  '0005_audit': audit,
  '0006_provisioning_log': provisioningLog,
  '0007_invitations': invitations,
  '0008_user_management': userManagement,
  '0011_audit_seals': auditSeals,
  '0012_export_receipts': exportReceipts,
  '0013_past_names': pastNames,
  '0016_main_road': mainRoad,
  '0017_erasure': erasure,
  '0018_reviews': reviews,
  '0019_past_details': pastDetails,
  '0020_fewer_steps': fewerSteps,
  '0021_large_users': largeUsers,
  '0023_seen_names': seenNames,
  '0024_erased_texts': erasedTexts,
  '0025_workspace_estimates': workspaceEstimates,
  '0026_audit_json': auditJson,
};

export const migrationSource: Knex.MigrationSource<string> = {
  getMigrations: () => Promise.resolve(Object.keys(migrations)),
  getMigrationName: (name) => name,
  getMigration: (name) => {
    const migration = migrations[name];
    if (!migration) return Promise.reject(new Error(`No migration is called ${name}.`));
    return Promise.resolve({
      up: migration.up,
      down: () => Promise.reject(new Error('Migrations only go forward; restore a backup instead.')),
    });
  },
};
