import type { Knex } from 'knex';

/**
 * Invitations, one row each however often it was sent. A link is signed over the row's nonce and the number of the
 * send, so a resend ends the link before it; the link itself is nowhere.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    create table invitations (
      workspace_id uuid not null,
      id uuid not null,
      user_id uuid not null,
      email text not null,
      -- Past expires_at a pending one has expired, whether or not its row says so already.
      status text not null,
      nonce uuid not null,
      send integer not null default 1,
      expires_at timestamptz(3) not null,
      invited_by text not null,
      -- The events that opened the grants which this invitation offers, and that ended them with it.
      opened_event uuid not null,
      closed_event uuid,
      created_at timestamptz(3) not null,
      closed_at timestamptz(3),
      -- How the newest send fares. 'sending' that lasts is an attempt whose end nobody saw.
      delivery text not null default 'queued',
      delivery_attempts integer not null default 0,
      delivery_reason text,
      delivery_next_at timestamptz(3),
      delivered_at timestamptz(3),
      constraint invitations_pkey primary key (workspace_id, id),
      -- A link names an invitation before anybody knows the workspace.
      constraint invitations_id_unique unique (id),
      constraint invitations_user_fkey foreign key (workspace_id, user_id) references users (workspace_id, id),
      constraint invitations_status_check
        check (status in ('pending', 'accepted', 'revoked', 'expired', 'superseded')),
      constraint invitations_closed_check
        check ((status = 'pending') = (closed_at is null) and (status = 'pending') = (closed_event is null)),
      constraint invitations_send_check check (send > 0),
      constraint invitations_delivery_check check (delivery in ('queued', 'sending', 'sent', 'failed')),
      constraint invitations_delivered_check check ((delivery = 'sent') = (delivered_at is not null))
    );
    create unique index invitations_pending_unique on invitations (workspace_id, user_id) where status = 'pending';
    create index invitations_user on invitations (workspace_id, user_id, created_at);
    create index invitations_created on invitations (workspace_id, created_at, id);
    create index invitations_email on invitations (workspace_id, (lower(email) collate "C"), id);
    create index invitations_due on invitations (expires_at, workspace_id) where status = 'pending';

    -- What a user had before: asked for when one is invited again.
    create index direct_grants_user on direct_grants (workspace_id, user_id, until);
  `);
}
