-- The schema of the database, as all migrations leave it: to be read and compared, not to be run. `npm run schema`
-- writes it from a migrated database. Jobs have a schema of their own, which their library makes.

create extension btree_gin;

create table audit_events (
  workspace_id uuid not null,
  id uuid not null,
  at timestamp(3) with time zone not null,
  actor_kind text not null,
  actor_id uuid,
  actor_name text not null,
  actor_scope text,
  request_id text not null,
  action text not null,
  target_kind text not null,
  target_id text not null,
  target_name text,
  related_id text,
  before jsonb,
  after jsonb,
  constraint audit_events_pkey PRIMARY KEY (workspace_id, id),
  constraint audit_events_actor_check CHECK (
CASE actor_kind
    WHEN 'token'::text THEN ((actor_id IS NOT NULL) AND (actor_scope IS NOT NULL))
    WHEN 'invitee'::text THEN ((actor_id IS NOT NULL) AND (actor_scope IS NULL))
    ELSE ((actor_kind = 'system'::text) AND (actor_scope IS NULL))
END),
  constraint audit_events_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
alter table audit_events alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX audit_events_at ON audit_events USING btree (workspace_id, at, id);
CREATE INDEX audit_events_export_hash ON audit_events USING btree (workspace_id, ((after ->> 'sha256'::text))) WHERE (target_kind = 'export'::text);
CREATE INDEX audit_events_exports ON audit_events USING btree (workspace_id, at, id) WHERE (target_kind = 'export'::text);
CREATE INDEX audit_events_related ON audit_events USING btree (workspace_id, related_id, at) WHERE (related_id IS NOT NULL);
CREATE INDEX audit_events_target ON audit_events USING btree (workspace_id, target_id, at);
CREATE TRIGGER audit_events_append_only BEFORE DELETE OR UPDATE ON audit_events FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_no_truncate BEFORE TRUNCATE ON audit_events FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_events_queue AFTER INSERT ON audit_events REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION queue_audit_events();

create table audit_seals (
  workspace_id uuid not null,
  seq bigint not null,
  event_id uuid not null,
  sealed_at timestamp(3) with time zone not null,
  actor_salt bytea,
  actor_commitment bytea,
  subject_salt bytea,
  subject_commitment bytea,
  event_hash bytea not null,
  hash bytea not null,
  signature bytea,
  key_id text,
  constraint audit_seals_pkey PRIMARY KEY (workspace_id, seq),
  constraint audit_seals_event_unique UNIQUE (workspace_id, event_id),
  constraint audit_seals_actor_check CHECK (((actor_salt IS NULL) = (actor_commitment IS NOT NULL))),
  constraint audit_seals_signature_check CHECK (((signature IS NULL) = (key_id IS NULL))),
  constraint audit_seals_subject_check CHECK (((subject_salt IS NULL) = (subject_commitment IS NOT NULL))),
  constraint audit_seals_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE TRIGGER audit_seals_append_only BEFORE DELETE OR UPDATE ON audit_seals FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_seals_no_truncate BEFORE TRUNCATE ON audit_seals FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

create table audit_unsealed (
  workspace_id uuid not null,
  at timestamp(3) with time zone not null,
  event_id uuid not null,
  constraint audit_unsealed_pkey PRIMARY KEY (workspace_id, at, event_id)
);

create table direct_grants (
  workspace_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  source text not null,
  pushed_attribute text,
  pushed_value text,
  kind text,
  account_role text,
  project_id uuid,
  role_id uuid,
  license_id uuid,
  target text generated always as (((((((COALESCE(account_role, ''::text) || '/'::text) || COALESCE((project_id)::text, ''::text)) || '/'::text) || COALESCE((role_id)::text, ''::text)) || '/'::text) || COALESCE((license_id)::text, ''::text))) stored,
  since timestamp(3) with time zone not null,
  until timestamp(3) with time zone default 'infinity'::timestamp with time zone not null,
  since_event uuid not null,
  until_event uuid,
  constraint direct_grants_pkey PRIMARY KEY (workspace_id, id),
  constraint direct_grants_account_role_check CHECK ((account_role = ANY (ARRAY['owner'::text, 'admin'::text, 'billing_manager'::text, 'member'::text]))),
  constraint direct_grants_ended_check CHECK (((until = 'infinity'::timestamp with time zone) = (until_event IS NULL))),
  constraint direct_grants_interval_check CHECK ((until >= since)),
  constraint direct_grants_kind_check CHECK (
CASE kind
    WHEN 'account_role'::text THEN ((account_role IS NOT NULL) AND (num_nonnulls(project_id, role_id, license_id) = 0))
    WHEN 'project_role'::text THEN ((project_id IS NOT NULL) AND (role_id IS NOT NULL) AND (num_nonnulls(account_role, license_id) = 0))
    WHEN 'entitlement'::text THEN ((license_id IS NOT NULL) AND (num_nonnulls(account_role, project_id, role_id) = 0))
    ELSE ((kind IS NULL) AND (num_nonnulls(account_role, project_id, role_id, license_id) = 0))
END),
  constraint direct_grants_pushed_check CHECK ((((source = 'pushed'::text) = ((pushed_attribute IS NOT NULL) AND (pushed_value IS NOT NULL))) AND ((source = 'pushed'::text) OR (kind IS NOT NULL)) AND (pushed_attribute = ANY (ARRAY['roles'::text, 'entitlements'::text])))),
  constraint direct_grants_source_check CHECK ((source = ANY (ARRAY['admin'::text, 'invitation'::text, 'pushed'::text]))),
  constraint direct_grants_license_fkey FOREIGN KEY (workspace_id, license_id) REFERENCES licenses(workspace_id, id),
  constraint direct_grants_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects(workspace_id, id),
  constraint direct_grants_role_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES roles(workspace_id, id),
  constraint direct_grants_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
alter table direct_grants alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX direct_grants_open_license ON direct_grants USING btree (workspace_id, license_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (license_id IS NOT NULL));
CREATE INDEX direct_grants_open_project ON direct_grants USING btree (workspace_id, project_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (project_id IS NOT NULL));
CREATE INDEX direct_grants_open_user ON direct_grants USING btree (workspace_id, user_id) WHERE (until = 'infinity'::timestamp with time zone);
CREATE INDEX direct_grants_owners ON direct_grants USING btree (workspace_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (account_role = 'owner'::text));
CREATE UNIQUE INDEX direct_grants_pushed_unique ON direct_grants USING btree (workspace_id, user_id, pushed_attribute, lower(pushed_value)) WHERE ((until = 'infinity'::timestamp with time zone) AND (source = 'pushed'::text));
CREATE UNIQUE INDEX direct_grants_target_unique ON direct_grants USING btree (workspace_id, user_id, source, target) WHERE ((until = 'infinity'::timestamp with time zone) AND (source <> 'pushed'::text));
CREATE INDEX direct_grants_unresolved ON direct_grants USING btree (workspace_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (kind IS NULL));
CREATE INDEX direct_grants_user ON direct_grants USING btree (workspace_id, user_id, until);

create table erased_texts (
  workspace_id uuid not null,
  key uuid not null,
  erased_at timestamp(3) with time zone not null,
  is_shared boolean not null,
  constraint erased_texts_pkey PRIMARY KEY (workspace_id, key),
  constraint erased_texts_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE INDEX erased_texts_expiry ON erased_texts USING btree (erased_at);

create table group_grants (
  workspace_id uuid not null,
  id uuid not null,
  group_id uuid not null,
  origin text not null,
  rule text,
  kind text,
  account_role text,
  project_id uuid,
  role_id uuid,
  license_id uuid,
  target text generated always as (((((((COALESCE(account_role, ''::text) || '/'::text) || COALESCE((project_id)::text, ''::text)) || '/'::text) || COALESCE((role_id)::text, ''::text)) || '/'::text) || COALESCE((license_id)::text, ''::text))) stored,
  since timestamp(3) with time zone not null,
  until timestamp(3) with time zone default 'infinity'::timestamp with time zone not null,
  since_event uuid not null,
  until_event uuid,
  constraint group_grants_pkey PRIMARY KEY (workspace_id, id),
  constraint group_grants_account_role_check CHECK ((account_role = ANY (ARRAY['admin'::text, 'billing_manager'::text, 'member'::text]))),
  constraint group_grants_ended_check CHECK (((until = 'infinity'::timestamp with time zone) = (until_event IS NULL))),
  constraint group_grants_interval_check CHECK ((until >= since)),
  constraint group_grants_kind_check CHECK (
CASE kind
    WHEN 'account_role'::text THEN ((account_role IS NOT NULL) AND (num_nonnulls(project_id, role_id, license_id) = 0))
    WHEN 'project_role'::text THEN ((project_id IS NOT NULL) AND (role_id IS NOT NULL) AND (num_nonnulls(account_role, license_id) = 0))
    WHEN 'entitlement'::text THEN ((license_id IS NOT NULL) AND (num_nonnulls(account_role, project_id, role_id) = 0))
    ELSE ((kind IS NULL) AND (num_nonnulls(account_role, project_id, role_id, license_id) = 0))
END),
  constraint group_grants_kind_given_check CHECK ((kind IS NOT NULL)),
  constraint group_grants_origin_check CHECK (((origin = ANY (ARRAY['own'::text, 'rule'::text])) AND ((origin = 'rule'::text) = (rule IS NOT NULL)))),
  constraint group_grants_group_fkey FOREIGN KEY (workspace_id, group_id) REFERENCES groups(workspace_id, id),
  constraint group_grants_license_fkey FOREIGN KEY (workspace_id, license_id) REFERENCES licenses(workspace_id, id),
  constraint group_grants_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects(workspace_id, id),
  constraint group_grants_role_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES roles(workspace_id, id)
);
alter table group_grants alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX group_grants_group ON group_grants USING btree (workspace_id, group_id, since);
CREATE INDEX group_grants_open_license ON group_grants USING btree (workspace_id, license_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (license_id IS NOT NULL));
CREATE INDEX group_grants_open_project ON group_grants USING btree (workspace_id, project_id) WHERE ((until = 'infinity'::timestamp with time zone) AND (project_id IS NOT NULL));
CREATE UNIQUE INDEX group_grants_open_unique ON group_grants USING btree (workspace_id, group_id, origin, target) WHERE (until = 'infinity'::timestamp with time zone);

create table groups (
  workspace_id uuid not null,
  id uuid not null,
  display_name text not null,
  external_id text,
  source text not null,
  version bigint default 1 not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  constraint groups_pkey PRIMARY KEY (workspace_id, id),
  constraint groups_source_check CHECK ((source = ANY (ARRAY['scim'::text, 'admin'::text]))),
  constraint groups_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
alter table groups alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX groups_deleted_display_name ON groups USING btree (workspace_id, lower(display_name)) WHERE (deleted_at IS NOT NULL);
CREATE UNIQUE INDEX groups_display_name_unique ON groups USING btree (workspace_id, lower(display_name)) WHERE (deleted_at IS NULL);
CREATE INDEX groups_external_id ON groups USING btree (workspace_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX groups_shown ON groups USING btree (workspace_id, id) WHERE (deleted_at IS NULL);
CREATE TRIGGER groups_history AFTER UPDATE ON groups FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_groups_history();

create table groups_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  display_name text,
  external_id text,
  source text,
  version bigint,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone
);
CREATE INDEX groups_history_versions ON groups_history USING btree (workspace_id, id, valid_to);

create table invitations (
  workspace_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  email text not null,
  status text not null,
  nonce uuid not null,
  send integer default 1 not null,
  expires_at timestamp(3) with time zone not null,
  invited_by text not null,
  opened_event uuid not null,
  closed_event uuid,
  created_at timestamp(3) with time zone not null,
  closed_at timestamp(3) with time zone,
  delivery text default 'queued'::text not null,
  delivery_attempts integer default 0 not null,
  delivery_reason text,
  delivery_next_at timestamp(3) with time zone,
  delivered_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone default clock_timestamp() not null,
  constraint invitations_pkey PRIMARY KEY (workspace_id, id),
  constraint invitations_id_unique UNIQUE (id),
  constraint invitations_closed_check CHECK ((((status = 'pending'::text) = (closed_at IS NULL)) AND ((status = 'pending'::text) = (closed_event IS NULL)))),
  constraint invitations_delivered_check CHECK (((delivery = 'sent'::text) = (delivered_at IS NOT NULL))),
  constraint invitations_delivery_check CHECK ((delivery = ANY (ARRAY['queued'::text, 'sending'::text, 'sent'::text, 'failed'::text]))),
  constraint invitations_send_check CHECK ((send > 0)),
  constraint invitations_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'accepted'::text, 'revoked'::text, 'expired'::text, 'superseded'::text]))),
  constraint invitations_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
alter table invitations alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX invitations_created ON invitations USING btree (workspace_id, created_at, id);
CREATE INDEX invitations_due ON invitations USING btree (expires_at, workspace_id) WHERE (status = 'pending'::text);
CREATE INDEX invitations_email ON invitations USING btree (workspace_id, lower(email) COLLATE "C", id);
CREATE UNIQUE INDEX invitations_pending_unique ON invitations USING btree (workspace_id, user_id) WHERE (status = 'pending'::text);
CREATE INDEX invitations_user ON invitations USING btree (workspace_id, user_id, created_at);
CREATE TRIGGER invitations_history AFTER UPDATE ON invitations FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_invitations_history();

create table invitations_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  user_id uuid,
  email text,
  status text,
  nonce uuid,
  send integer,
  expires_at timestamp(3) with time zone,
  invited_by text,
  opened_event uuid,
  closed_event uuid,
  created_at timestamp(3) with time zone,
  closed_at timestamp(3) with time zone,
  delivery text,
  delivery_attempts integer,
  delivery_reason text,
  delivery_next_at timestamp(3) with time zone,
  delivered_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone
);
CREATE INDEX invitations_history_user ON invitations_history USING btree (workspace_id, user_id, valid_to);
CREATE INDEX invitations_history_versions ON invitations_history USING btree (workspace_id, id, valid_to);

create table licenses (
  workspace_id uuid not null,
  id uuid not null,
  product_id uuid not null,
  key text not null,
  name text not null,
  seats integer,
  seats_used integer,
  overflow text default 'refuse'::text not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  constraint licenses_pkey PRIMARY KEY (workspace_id, id),
  constraint licenses_overflow_check CHECK ((overflow = ANY (ARRAY['refuse'::text, 'allow'::text]))),
  constraint licenses_seats_check CHECK ((seats >= 0)),
  constraint licenses_seats_used_check CHECK ((((seats IS NULL) = (seats_used IS NULL)) AND (seats_used >= 0))),
  constraint licenses_product_fkey FOREIGN KEY (workspace_id, product_id) REFERENCES products(workspace_id, id)
);
CREATE UNIQUE INDEX licenses_key_unique ON licenses USING btree (workspace_id, product_id, lower(key)) WHERE (deleted_at IS NULL);
CREATE INDEX licenses_limited ON licenses USING btree (workspace_id) WHERE (seats IS NOT NULL);
CREATE TRIGGER licenses_history AFTER UPDATE ON licenses FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_licenses_history();

create table licenses_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  product_id uuid,
  key text,
  name text,
  seats integer,
  seats_used integer,
  overflow text,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone
);
CREATE INDEX licenses_history_versions ON licenses_history USING btree (workspace_id, id, valid_to);

create table machines (
  workspace_id uuid not null,
  id uuid not null,
  user_id uuid not null,
  product_id uuid,
  name text not null,
  fingerprint text not null,
  registered_at timestamp(3) with time zone not null,
  last_seen_at timestamp(3) with time zone not null,
  removed_at timestamp(3) with time zone,
  since_event uuid not null,
  until_event uuid,
  updated_at timestamp(3) with time zone default clock_timestamp() not null,
  constraint machines_pkey PRIMARY KEY (workspace_id, id),
  constraint machines_interval_check CHECK ((removed_at >= registered_at)),
  constraint machines_removed_check CHECK (((removed_at IS NULL) = (until_event IS NULL))),
  constraint machines_product_fkey FOREIGN KEY (workspace_id, product_id) REFERENCES products(workspace_id, id),
  constraint machines_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
alter table machines alter column workspace_id set (n_distinct=-0.002);
CREATE UNIQUE INDEX machines_fingerprint_unique ON machines USING btree (workspace_id, fingerprint) WHERE (removed_at IS NULL);
CREATE INDEX machines_name ON machines USING btree (workspace_id, lower(name) COLLATE "C", id) WHERE (removed_at IS NULL);
CREATE INDEX machines_of_user ON machines USING btree (workspace_id, user_id);
CREATE TRIGGER machines_history AFTER UPDATE ON machines FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_machines_history();

create table machines_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  user_id uuid,
  product_id uuid,
  name text,
  fingerprint text,
  registered_at timestamp(3) with time zone,
  last_seen_at timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  since_event uuid,
  until_event uuid,
  updated_at timestamp(3) with time zone
);
CREATE INDEX machines_history_user ON machines_history USING btree (workspace_id, user_id, valid_to);
CREATE INDEX machines_history_versions ON machines_history USING btree (workspace_id, id, valid_to);

create table mapping_rules (
  workspace_id uuid not null,
  position integer not null,
  match text not null,
  grants jsonb not null,
  constraint mapping_rules_pkey PRIMARY KEY (workspace_id, "position"),
  constraint mapping_rules_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);

create table memberships (
  workspace_id uuid not null,
  id bigint generated always as identity not null,
  group_id uuid not null,
  user_id uuid not null,
  since timestamp(3) with time zone not null,
  until timestamp(3) with time zone default 'infinity'::timestamp with time zone not null,
  since_event uuid not null,
  until_event uuid,
  constraint memberships_pkey PRIMARY KEY (workspace_id, id),
  constraint memberships_ended_check CHECK (((until = 'infinity'::timestamp with time zone) = (until_event IS NULL))),
  constraint memberships_interval_check CHECK ((until >= since)),
  constraint memberships_group_fkey FOREIGN KEY (workspace_id, group_id) REFERENCES groups(workspace_id, id),
  constraint memberships_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
alter table memberships alter column workspace_id set (n_distinct=-0.002);
CREATE UNIQUE INDEX memberships_open_unique ON memberships USING btree (workspace_id, group_id, user_id) WHERE (until = 'infinity'::timestamp with time zone);
CREATE INDEX memberships_open_user ON memberships USING btree (workspace_id, user_id, group_id) WHERE (until = 'infinity'::timestamp with time zone);
CREATE INDEX memberships_user ON memberships USING btree (workspace_id, user_id, since);

create table organizations (
  workspace_id uuid not null,
  id uuid not null,
  key text not null,
  name text not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  constraint organizations_pkey PRIMARY KEY (workspace_id, id),
  constraint organizations_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE UNIQUE INDEX organizations_key_unique ON organizations USING btree (workspace_id, lower(key)) WHERE (deleted_at IS NULL);
CREATE TRIGGER organizations_history AFTER UPDATE ON organizations FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_organizations_history();

create table organizations_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  key text,
  name text,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone
);
CREATE INDEX organizations_history_versions ON organizations_history USING btree (workspace_id, id, valid_to);

create table products (
  workspace_id uuid not null,
  id uuid not null,
  key text not null,
  name text not null,
  enabled boolean default true not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint products_pkey PRIMARY KEY (workspace_id, id),
  constraint products_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE UNIQUE INDEX products_key_unique ON products USING btree (workspace_id, lower(key));
CREATE TRIGGER products_history AFTER UPDATE ON products FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_products_history();

create table products_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  key text,
  name text,
  enabled boolean,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone
);
CREATE INDEX products_history_versions ON products_history USING btree (workspace_id, id, valid_to);

create table projects (
  workspace_id uuid not null,
  id uuid not null,
  key text not null,
  name text not null,
  organization_id uuid,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  constraint projects_pkey PRIMARY KEY (workspace_id, id),
  constraint projects_organization_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations(workspace_id, id),
  constraint projects_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE UNIQUE INDEX projects_key_unique ON projects USING btree (workspace_id, lower(key)) WHERE (deleted_at IS NULL);
CREATE INDEX projects_organization ON projects USING btree (workspace_id, organization_id) WHERE (organization_id IS NOT NULL);
CREATE TRIGGER projects_history AFTER UPDATE ON projects FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_projects_history();

create table projects_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  key text,
  name text,
  organization_id uuid,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone
);
CREATE INDEX projects_history_versions ON projects_history USING btree (workspace_id, id, valid_to);

create table provisioning_requests (
  workspace_id uuid not null,
  id uuid not null,
  at timestamp(3) with time zone not null,
  token_name text not null,
  request_id text not null,
  method text not null,
  path text not null,
  query text,
  body text,
  status integer not null,
  scim_type text,
  detail text,
  duration_ms real not null,
  user_agent text,
  mentions uuid[] not null,
  constraint provisioning_requests_pkey PRIMARY KEY (workspace_id, id),
  constraint provisioning_requests_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
alter table provisioning_requests alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX provisioning_requests_at ON provisioning_requests USING btree (workspace_id, at, id);
CREATE INDEX provisioning_requests_expiry ON provisioning_requests USING btree (at);
CREATE INDEX provisioning_requests_mentions ON provisioning_requests USING gin (workspace_id, mentions);

create table review_decisions (
  workspace_id uuid not null,
  review_id uuid not null,
  number integer not null,
  id bigint generated always as identity not null,
  decision text not null,
  note text,
  reviewer text,
  since timestamp(3) with time zone not null,
  until timestamp(3) with time zone default 'infinity'::timestamp with time zone not null,
  since_event uuid not null,
  until_event uuid,
  constraint review_decisions_pkey PRIMARY KEY (workspace_id, review_id, number, id),
  constraint review_decisions_decision_check CHECK ((decision = ANY (ARRAY['keep'::text, 'revoke'::text]))),
  constraint review_decisions_ended_check CHECK (((until = 'infinity'::timestamp with time zone) = (until_event IS NULL))),
  constraint review_decisions_interval_check CHECK ((until >= since)),
  constraint review_decisions_row_fkey FOREIGN KEY (workspace_id, review_id, number) REFERENCES review_rows(workspace_id, review_id, number)
);
CREATE UNIQUE INDEX review_decisions_open_unique ON review_decisions USING btree (workspace_id, review_id, number) INCLUDE (decision) WHERE (until = 'infinity'::timestamp with time zone);

create table review_rows (
  workspace_id uuid not null,
  review_id uuid not null,
  number integer not null,
  user_id uuid not null,
  kind text not null,
  account_role text,
  project_id uuid,
  role_id uuid,
  license_id uuid,
  target text generated always as (((((((COALESCE(account_role, ''::text) || '/'::text) || COALESCE((project_id)::text, ''::text)) || '/'::text) || COALESCE((role_id)::text, ''::text)) || '/'::text) || COALESCE((license_id)::text, ''::text))) stored not null,
  source text,
  group_id uuid,
  origin text,
  rule text,
  granted_at timestamp(3) with time zone not null,
  granted_event uuid not null,
  outcome text,
  outcome_reason text,
  outcome_at timestamp(3) with time zone,
  outcome_event uuid,
  constraint review_rows_pkey PRIMARY KEY (workspace_id, review_id, number),
  constraint review_rows_kind_check CHECK ((kind = ANY (ARRAY['account_role'::text, 'project_role'::text, 'entitlement'::text]))),
  constraint review_rows_outcome_at_check CHECK (((outcome IS NULL) = (outcome_at IS NULL))),
  constraint review_rows_outcome_check CHECK ((outcome = ANY (ARRAY['revoked'::text, 'task'::text, 'already_ended'::text, 'refused'::text]))),
  constraint review_rows_reason_check CHECK (((NOT (outcome IS DISTINCT FROM 'refused'::text)) = (outcome_reason IS NOT NULL))),
  constraint review_rows_revoked_check CHECK (((NOT (outcome IS DISTINCT FROM 'revoked'::text)) = (outcome_event IS NOT NULL))),
  constraint review_rows_way_check CHECK ((num_nonnulls(source, group_id) = 1)),
  constraint review_rows_group_fkey FOREIGN KEY (workspace_id, group_id) REFERENCES groups(workspace_id, id),
  constraint review_rows_license_fkey FOREIGN KEY (workspace_id, license_id) REFERENCES licenses(workspace_id, id),
  constraint review_rows_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects(workspace_id, id),
  constraint review_rows_review_fkey FOREIGN KEY (workspace_id, review_id) REFERENCES reviews(workspace_id, id),
  constraint review_rows_role_fkey FOREIGN KEY (workspace_id, role_id) REFERENCES roles(workspace_id, id),
  constraint review_rows_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
CREATE INDEX review_rows_task ON review_rows USING btree (workspace_id, review_id, number) WHERE (outcome = 'task'::text);
CREATE INDEX review_rows_user ON review_rows USING btree (workspace_id, user_id, review_id);

create table reviews (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  product_id uuid,
  project_id uuid,
  status text default 'open'::text not null,
  due_at timestamp(3) with time zone not null,
  opened_at timestamp(3) with time zone not null,
  opened_event uuid not null,
  row_count integer not null,
  undecided text,
  signed_by text,
  closing_at timestamp(3) with time zone,
  closing_event uuid,
  ended_at timestamp(3) with time zone,
  ended_event uuid,
  constraint reviews_pkey PRIMARY KEY (workspace_id, id),
  constraint reviews_closing_check CHECK ((((closing_at IS NULL) = (closing_event IS NULL)) AND ((closing_at IS NOT NULL) = (status = ANY (ARRAY['closing'::text, 'closed'::text]))))),
  constraint reviews_ended_check CHECK ((((ended_at IS NULL) = (ended_event IS NULL)) AND ((ended_at IS NOT NULL) = (status = ANY (ARRAY['closed'::text, 'cancelled'::text]))))),
  constraint reviews_scope_check CHECK ((num_nonnulls(product_id, project_id) <= 1)),
  constraint reviews_status_check CHECK ((status = ANY (ARRAY['open'::text, 'closing'::text, 'closed'::text, 'cancelled'::text]))),
  constraint reviews_undecided_check CHECK ((undecided = ANY (ARRAY['keep'::text, 'revoke'::text]))),
  constraint reviews_product_fkey FOREIGN KEY (workspace_id, product_id) REFERENCES products(workspace_id, id),
  constraint reviews_project_fkey FOREIGN KEY (workspace_id, project_id) REFERENCES projects(workspace_id, id),
  constraint reviews_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE INDEX reviews_closing ON reviews USING btree (workspace_id, id) WHERE (status = 'closing'::text);
CREATE INDEX reviews_opened ON reviews USING btree (workspace_id, opened_at, id);

create table roles (
  workspace_id uuid not null,
  id uuid not null,
  key text not null,
  name text not null,
  rank integer not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint roles_pkey PRIMARY KEY (workspace_id, id),
  constraint roles_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
CREATE UNIQUE INDEX roles_key_unique ON roles USING btree (workspace_id, lower(key));
CREATE TRIGGER roles_history AFTER UPDATE ON roles FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_roles_history();

create table roles_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  key text,
  name text,
  rank integer,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone
);
CREATE INDEX roles_history_versions ON roles_history USING btree (workspace_id, id, valid_to);

create table tokens (
  workspace_id uuid not null,
  id uuid not null,
  name text not null,
  scope text not null,
  hash bytea not null,
  created_at timestamp(3) with time zone not null,
  expires_at timestamp(3) with time zone,
  revoked_at timestamp(3) with time zone,
  last_used_at timestamp(3) with time zone,
  constraint tokens_pkey PRIMARY KEY (workspace_id, id),
  constraint tokens_hash_unique UNIQUE (hash),
  constraint tokens_scope_check CHECK ((scope = ANY (ARRAY['scim'::text, 'admin'::text, 'auditor'::text, 'product'::text, 'operator'::text]))),
  constraint tokens_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);

create table user_access_days (
  workspace_id uuid not null,
  user_id uuid not null,
  day date not null,
  first_at timestamp(3) with time zone not null,
  last_at timestamp(3) with time zone not null,
  constraint user_access_days_pkey PRIMARY KEY (workspace_id, user_id, day),
  constraint user_access_days_order_check CHECK ((last_at >= first_at)),
  constraint user_access_days_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);

create table user_last_access (
  workspace_id uuid not null,
  user_id uuid not null,
  at timestamp(3) with time zone not null,
  constraint user_last_access_pkey PRIMARY KEY (workspace_id, user_id),
  constraint user_last_access_user_fkey FOREIGN KEY (workspace_id, user_id) REFERENCES users(workspace_id, id)
);
alter table user_last_access alter column workspace_id set (n_distinct=-0.002);

create table users (
  workspace_id uuid not null,
  id uuid not null,
  user_name text not null,
  external_id text,
  status text not null,
  source text not null,
  managed_by text not null,
  attributes jsonb default '{}'::jsonb not null,
  full_name text generated always as (user_full_name(attributes, user_name)) stored not null,
  email text generated always as (user_email(attributes, user_name)) stored,
  email_keys text[] generated always as (user_email_keys(attributes)) stored not null,
  organization_id uuid,
  organization_pushed text,
  start_date date,
  joined_at timestamp(3) with time zone,
  active_since timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  version bigint default 1 not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  deleted_at timestamp(3) with time zone,
  organization_last_pushed text,
  erased_at timestamp(3) with time zone,
  constraint users_pkey PRIMARY KEY (workspace_id, id),
  constraint users_active_since_check CHECK (((status = 'active'::text) = (active_since IS NOT NULL))),
  constraint users_deleted_check CHECK (((deleted_at IS NULL) OR (status = 'inactive'::text))),
  constraint users_erased_check CHECK (((erased_at IS NULL) OR (status = 'inactive'::text))) NOT VALID,
  constraint users_managed_by_check CHECK ((managed_by = ANY (ARRAY['idp'::text, 'workspace'::text]))),
  constraint users_organization_check CHECK (((organization_id IS NULL) OR (organization_pushed IS NULL))),
  constraint users_removed_at_check CHECK (((status = 'inactive'::text) = (removed_at IS NOT NULL))),
  constraint users_source_check CHECK ((source = ANY (ARRAY['scim'::text, 'invitation'::text, 'admin'::text]))),
  constraint users_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'active'::text, 'inactive'::text]))),
  constraint users_organization_fkey FOREIGN KEY (workspace_id, organization_id) REFERENCES organizations(workspace_id, id),
  constraint users_workspace_fkey FOREIGN KEY (workspace_id) REFERENCES workspaces(id)
);
alter table users alter column workspace_id set (n_distinct=-0.002);
CREATE INDEX users_display_name ON users USING btree (workspace_id, lower((attributes ->> 'displayName'::text)));
CREATE INDEX users_email_keys ON users USING gin (workspace_id, email_keys) WITH (fastupdate=off);
CREATE INDEX users_erased ON users USING btree (workspace_id, id) WHERE (erased_at IS NOT NULL);
CREATE INDEX users_external_id ON users USING btree (workspace_id, external_id) WHERE (external_id IS NOT NULL);
CREATE INDEX users_organization ON users USING btree (workspace_id, organization_id) WHERE (organization_id IS NOT NULL);
CREATE INDEX users_shown ON users USING btree (workspace_id, id) WHERE (deleted_at IS NULL);
CREATE UNIQUE INDEX users_user_name_unique ON users USING btree (workspace_id, lower(user_name));
CREATE TRIGGER users_history AFTER UPDATE ON users FOR EACH ROW WHEN ((new.updated_at > old.updated_at)) EXECUTE FUNCTION keep_users_history();

create table users_history (
  valid_to timestamp(3) with time zone not null,
  workspace_id uuid,
  id uuid,
  user_name text,
  external_id text,
  status text,
  source text,
  managed_by text,
  attributes jsonb,
  full_name text,
  email text,
  email_keys text[],
  organization_id uuid,
  organization_pushed text,
  start_date date,
  joined_at timestamp(3) with time zone,
  active_since timestamp(3) with time zone,
  removed_at timestamp(3) with time zone,
  version bigint,
  created_at timestamp(3) with time zone,
  updated_at timestamp(3) with time zone,
  deleted_at timestamp(3) with time zone,
  organization_last_pushed text,
  erased_at timestamp(3) with time zone
);
CREATE INDEX users_history_email_keys ON users_history USING gin (workspace_id, email_keys);
CREATE INDEX users_history_user_name ON users_history USING btree (workspace_id, lower(user_name));
CREATE INDEX users_history_versions ON users_history USING btree (workspace_id, id, valid_to);

create table workspaces (
  id uuid not null,
  key text not null,
  name text not null,
  sign_in_url text,
  integration_enabled boolean default true not null,
  created_at timestamp(3) with time zone not null,
  updated_at timestamp(3) with time zone not null,
  constraint workspaces_pkey PRIMARY KEY (id)
);
CREATE UNIQUE INDEX workspaces_key_unique ON workspaces USING btree (lower(key));

CREATE OR REPLACE FUNCTION audit_erased(told jsonb)
 RETURNS jsonb
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select case jsonb_typeof(told) when 'object' then told - array(
        select key from jsonb_object_keys(told) key where key <> all(audit_kept())) end
    $function$;

CREATE OR REPLACE FUNCTION audit_json(told jsonb)
 RETURNS text
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    begin
      return case jsonb_typeof(told)
        when 'object' then '{' || coalesce((
    select string_agg(to_json(f.key)::text || ':' || case when jsonb_typeof(f.value) in ('object', 'array')
        then audit_json(f.value) else f.value::text end, ','
      order by case when octet_length(f.key) = length(f.key) then f.key else audit_order(f.key) end collate "C")
    from jsonb_each(told) f), '') || '}'
        when 'array' then '[' || coalesce((
          select string_agg(case jsonb_typeof(e.value)
              when 'object' then '{' || coalesce((
    select string_agg(to_json(f.key)::text || ':' || case when jsonb_typeof(f.value) in ('object', 'array')
        then audit_json(f.value) else f.value::text end, ','
      order by case when octet_length(f.key) = length(f.key) then f.key else audit_order(f.key) end collate "C")
    from jsonb_each(e.value) f), '') || '}'
              when 'array' then audit_json(e.value)
              else e.value::text end, ',' order by e.place)
          from jsonb_array_elements(told) with ordinality e(value, place)), '') || ']'
        else told::text end;
    end $function$;

CREATE OR REPLACE FUNCTION audit_kept()
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select array['status', 'managedBy', 'source', 'organization', 'accountRole', 'project', 'projects', 'role',
        'product', 'products', 'license', 'row', 'decision', 'none', 'keep', 'revoke']
    $function$;

CREATE OR REPLACE FUNCTION audit_order(name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select regexp_replace(replace(name, U&'\+10FFFF', U&'\+10FFFF\0001'), '([\uE000-\uFFFF])',
        U&'\+10FFFF\\1', 'g')
    $function$;

CREATE OR REPLACE FUNCTION audit_person(e audit_events)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select case when e.target_kind = 'user' then e.target_id::uuid else e.related_id::uuid end
    $function$;

CREATE OR REPLACE FUNCTION audit_personal(told jsonb)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select audit_json(case jsonb_typeof(told) when 'object' then told - audit_kept() else coalesce(told, 'null') end)
    $function$;

CREATE OR REPLACE FUNCTION begin_change(workspace uuid, exclusive boolean, OUT now timestamp with time zone, OUT seats_limited boolean, OUT only_one_product boolean)
 RETURNS record
 LANGUAGE plpgsql
AS $function$
    begin
      if exclusive then
        perform pg_advisory_xact_lock(1383033964, hashtext(workspace::text));
      else
        perform pg_advisory_xact_lock_shared(1383033964, hashtext(workspace::text));
      end if;
      now := clock_timestamp();
      seats_limited := exists (select from licenses where workspace_id = workspace and seats is not null);
      only_one_product := exists (select from workspaces where id = workspace and not integration_enabled);
    end $function$;

CREATE OR REPLACE FUNCTION erased_event(e audit_events)
 RETURNS audit_events
 LANGUAGE plpgsql
 STABLE
AS $function$
    begin
      if is_erased(e.workspace_id, audit_person(e)) then
        if e.target_kind not in ('group', 'review') and e.target_name is not null then
          e.target_name := erased_name(audit_person(e));
        end if;
        e.before := audit_erased(e.before);
        e.after := audit_erased(e.after);
      end if;
      if e.actor_kind = 'invitee' and is_erased(e.workspace_id, e.actor_id) then
        e.actor_name := erased_name(e.actor_id);
      end if;
      return e;
    end $function$;

CREATE OR REPLACE FUNCTION erased_name(person uuid)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select 'erased-' || right(person::text, 12)
    $function$;

CREATE OR REPLACE FUNCTION erased_seal(s audit_seals)
 RETURNS audit_seals
 LANGUAGE plpgsql
 STABLE
AS $function$
    declare
      e audit_events;
      erased audit_events;
    begin
      select * into e from audit_events where workspace_id = s.workspace_id and id = s.event_id;
      if not found then
        return s;
      end if;
      erased := erased_event(e);
      if s.subject_salt is not null and (erased.target_name, erased.before, erased.after)
          is distinct from (e.target_name, e.before, e.after) then
        s.subject_commitment := sha256(convert_to(encode(s.subject_salt, 'hex') || ' '
          || coalesce(to_json(e.target_name)::text, 'null') || ',' || audit_personal(e.before) || ','
          || audit_personal(e.after), 'UTF8'));
        s.subject_salt := null;
      end if;
      if s.actor_salt is not null and erased.actor_name is distinct from e.actor_name then
        s.actor_commitment := sha256(convert_to(encode(s.actor_salt, 'hex') || ' ' || e.actor_name, 'UTF8'));
        s.actor_salt := null;
      end if;
      return s;
    end $function$;

CREATE OR REPLACE FUNCTION is_erased(workspace uuid, person uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
      select exists (select from users where workspace_id = workspace and id = person and erased_at is not null)
    $function$;

CREATE OR REPLACE FUNCTION keep_groups_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into groups_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_invitations_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into invitations_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_licenses_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into licenses_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_machines_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into machines_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_organizations_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into organizations_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_products_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into products_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_projects_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into projects_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_roles_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      insert into roles_history select new.updated_at, old.*;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION keep_users_history()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    declare
      kept users_history;
      newest record;
      value jsonb;
      base_at timestamptz;
      base jsonb;
      base_keys text[];
      texts text[];
      difference jsonb;
    begin
      if pg_column_size(old.attributes) <= 4096 and cardinality(old.email_keys) <= 50 and length(old.full_name) <= 1000 then
        insert into users_history select new.updated_at, old.*;
        return null;
      end if;

      select new.updated_at, old.* into kept;
      select h.valid_to, h.attributes -> '$of' ->> 'base' as base into newest from users_history h
        where h.workspace_id = old.workspace_id and h.id = old.id order by h.valid_to desc limit 1;
      base_at := coalesce(newest.base::timestamptz, newest.valid_to);
      if base_at is not null then
        select h.attributes || '{}', h.email_keys into base, base_keys from users_history h
          where h.workspace_id = old.workspace_id and h.id = old.id and h.valid_to = base_at;
        value := old.attributes || '{}';
        texts := user_long_texts(base);
        difference := user_difference(base, value,
          (select coalesce(jsonb_object_agg(t.text, t.place), '{}') from unnest(texts) with ordinality t(text, place)));
        -- When much differs, this version is whole and the base of those to come. What is not exact is not kept either.
        if octet_length(difference::text) <= greatest(2048, octet_length(value::text) / 16)
            and user_made_from(base, difference, texts) = value then
          kept.attributes := jsonb_build_object('$of', jsonb_build_object('base', base_at, 'by', difference));
          kept.email_keys := array(select k from unnest(old.email_keys) k except select unnest(base_keys));
          if length(old.full_name) > 1000 then
            kept.full_name := null;
          end if;
        end if;
      end if;
      insert into users_history values (kept.*);
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION queue_audit_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      if exists (select from written where at < now() - interval '1 minute') then
        raise exception 'audit_events is append-only: an event of the past cannot be written now';
      end if;
      insert into audit_unsealed (workspace_id, at, event_id) select workspace_id, at, id from written;
      return null;
    end $function$;

CREATE OR REPLACE FUNCTION refuse_audit_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
    begin
      if tg_op = 'UPDATE' then
        if new is not distinct from old then
          raise exception '% is append-only', tg_table_name;
        elsif tg_table_name = 'audit_seals' then
          if new is not distinct from erased_seal(old) then
            return new;
          end if;
        elsif new is not distinct from erased_event(old) and not exists (
            -- A seal that would change now: the salts of what is gone must be gone before it.
            select from audit_seals s where s.workspace_id = old.workspace_id and s.event_id = old.id
              and s is distinct from erased_seal(s)) then
          return new;
        end if;
      end if;
      raise exception '% is append-only', tg_table_name;
    end $function$;

CREATE OR REPLACE FUNCTION user_attributes_then(workspace uuid, person uuid, kept jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 STABLE PARALLEL SAFE COST 10000
AS $function$
    declare
      difference jsonb := kept -> '$of' -> 'by';
      base jsonb;
    begin
      if difference is null then
        return kept;
      end if;
      -- With || the value is read from where it is kept once, and not again for each of its parts.
      select h.attributes || '{}' into strict base from users_history h
        where h.workspace_id = workspace and h.id = person and h.valid_to = (kept -> '$of' ->> 'base')::timestamptz;
      return user_made_from(base, difference,
        case when difference::text like '%"$text"%' then user_long_texts(base) else '{}' end);
    end $function$;

CREATE OR REPLACE FUNCTION user_difference(base jsonb, target jsonb, texts jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    declare
      items jsonb[] := '{}';
      edited integer[] := '{}';
      edits jsonb[] := '{}';
      first integer;
      last integer;
      expected integer;
      source integer;
      made jsonb;
      edit jsonb;
      v record;
    begin
      if jsonb_typeof(base) = 'object' and jsonb_typeof(target) = 'object' then
        return (
          select jsonb_build_object('fields', coalesce(jsonb_object_agg(w.key, user_difference(b.value, w.value, texts))
            filter (where b.value is distinct from w.value), '{}'))
          from jsonb_each(target) w left join jsonb_each(base) b on b.key = w.key)
          || coalesce((select jsonb_build_object('gone', jsonb_agg(b.key))
            from jsonb_each(base) b where target -> b.key is null having count(*) > 0), '{}');
      elsif jsonb_typeof(base) is distinct from 'array' or jsonb_typeof(target) <> 'array' then
        return jsonb_build_object('is', user_packed(target, texts));
      end if;
      for v in
        select w.element, w.place::integer, same.place as same
        from jsonb_array_elements(target) with ordinality w(element, place)
        left join (select b.element, min(b.place)::integer as place
          from jsonb_array_elements(base) with ordinality b(element, place) group by b.element) same
          on same.element = w.element
        order by w.place
      loop
        -- The element after the last one used: in most lists little moves.
        expected := coalesce(last + 1, v.place);
        source := case when base -> (expected - 1) = v.element then expected else v.same end;
        made := null;
        if source is null then
          made := jsonb_build_object('is', user_packed(v.element, texts));
          if jsonb_typeof(base -> (expected - 1)) = 'object' and jsonb_typeof(v.element) = 'object' then
            edit := user_difference(base -> (expected - 1), v.element, texts);
            -- What differs may be the same in many elements, and is kept once.
            if octet_length(edit::text) < octet_length(made::text) + 64 then
              source := expected;
              edited := edited || v.place;
              edits := edits || edit;
            end if;
          end if;
        end if;
        if source is not null and first is not null and source = last + 1 then
          last := source;
        else
          if first is not null then
            items := items || jsonb_build_array(first, last - first + 1);
          end if;
          first := source;
          last := coalesce(source, expected);
          if source is null then
            items := items || made;
          end if;
        end if;
      end loop;
      if first is not null then
        items := items || jsonb_build_array(first, last - first + 1);
      end if;
      return jsonb_build_object('list', to_jsonb(items)) || coalesce((
        select jsonb_build_object('edits', jsonb_agg(jsonb_build_object('by', g.edit, 'at', g.runs)))
        from (
          select r.edit, jsonb_agg(jsonb_build_array(r.place, r.count) order by r.place) as runs
          from (
            select e.edit, min(e.place) as place, count(*) as count
            from (
              select u.edit, u.place, u.place - row_number() over (partition by u.edit order by u.place) as island
              from unnest(edits, edited) u(edit, place)) e
            group by e.edit, e.island) r
          group by r.edit) g
        having count(*) > 0), '{}');
    end $function$;

CREATE OR REPLACE FUNCTION user_email(attributes jsonb, user_name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select coalesce(
        jsonb_path_query_first(attributes, '$.emails[*] ? (@.primary == true).value') #>> '{}',
        jsonb_path_query_first(attributes, '$.emails[*].value') #>> '{}',
        case when user_name like '%@%' then user_name end)
    $function$;

CREATE OR REPLACE FUNCTION user_email_keys(attributes jsonb)
 RETURNS text[]
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    begin
      return (select coalesce(array_agg(lower(value #>> '{}')), '{}')
        from jsonb_path_query(attributes, '$.emails[*].value') as value);
    end $function$;

CREATE OR REPLACE FUNCTION user_full_name(attributes jsonb, user_name text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select coalesce(
        nullif(attributes ->> 'displayName', ''),
        nullif(attributes -> 'name' ->> 'formatted', ''),
        nullif(trim(coalesce(attributes -> 'name' ->> 'givenName', '') || ' '
          || coalesce(attributes -> 'name' ->> 'familyName', '')), ''),
        user_name)
    $function$;

CREATE OR REPLACE FUNCTION user_long_texts(value jsonb)
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
      select coalesce(array_agg(distinct t.text order by t.text), '{}')
      from (select (leaf #>> '{}') collate "C" as text from jsonb_path_query(value, 'strict $.**') leaf
        where jsonb_typeof(leaf) = 'string') t
      where length(t.text) > 200
    $function$;

CREATE OR REPLACE FUNCTION user_made_from(base jsonb, difference jsonb, texts text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    begin
      if difference -> 'is' is not null then
        return user_unpacked(difference -> 'is', texts);
      elsif difference -> 'fields' is not null then
        return (base - array(select jsonb_array_elements_text(difference -> 'gone')))
          || (select coalesce(jsonb_object_agg(f.key, user_made_from(base -> f.key, f.value, texts)), '{}')
            from jsonb_each(difference -> 'fields') f);
      end if;
      return (
        with made as (
          select row_number() over (order by item.place, run.place) as place, run.element
          from jsonb_array_elements(difference -> 'list') with ordinality item(value, place)
          cross join lateral (
            select base -> i, i
            from generate_series((item.value ->> 0)::integer - 1,
              (item.value ->> 0)::integer + (item.value ->> 1)::integer - 2) i
            where jsonb_typeof(item.value) = 'array'
            union all
            select user_unpacked(item.value -> 'is', texts), 0 where jsonb_typeof(item.value) = 'object') run(element, place)),
        edited as (
          select i as place, edit.value -> 'by' as by
          from jsonb_array_elements(difference -> 'edits') edit(value)
          cross join jsonb_array_elements(edit.value -> 'at') run(value)
          cross join generate_series((run.value ->> 0)::integer,
            (run.value ->> 0)::integer + (run.value ->> 1)::integer - 1) i)
        select coalesce(jsonb_agg(case when edited.by is null then made.element
          else user_made_from(made.element, edited.by, texts) end order by made.place), '[]')
        from made left join edited on edited.place = made.place);
    end $function$;

CREATE OR REPLACE FUNCTION user_packed(value jsonb, texts jsonb)
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    begin
      if texts = '{}' then
        return value;
      end if;
      case jsonb_typeof(value)
        when 'string' then
          return case when texts -> (value #>> '{}') is null then value
            else jsonb_build_object('$text', texts -> (value #>> '{}')) end;
        when 'object' then
          return (select coalesce(jsonb_object_agg(f.key, user_packed(f.value, texts)), '{}') from jsonb_each(value) f);
        when 'array' then
          return (select coalesce(jsonb_agg(user_packed(e.value, texts) order by e.place), '[]')
            from jsonb_array_elements(value) with ordinality e(value, place));
        else
          return value;
      end case;
    end $function$;

CREATE OR REPLACE FUNCTION user_unpacked(value jsonb, texts text[])
 RETURNS jsonb
 LANGUAGE plpgsql
 IMMUTABLE PARALLEL SAFE
AS $function$
    begin
      if cardinality(texts) = 0 then
        return value;
      end if;
      case jsonb_typeof(value)
        when 'object' then
          if value -> '$text' is not null then
            return to_jsonb(texts[(value ->> '$text')::integer]);
          end if;
          return (select coalesce(jsonb_object_agg(f.key, user_unpacked(f.value, texts)), '{}') from jsonb_each(value) f);
        when 'array' then
          return (select coalesce(jsonb_agg(user_unpacked(e.value, texts) order by e.place), '[]')
            from jsonb_array_elements(value) with ordinality e(value, place));
        else
          return value;
      end case;
    end $function$;
