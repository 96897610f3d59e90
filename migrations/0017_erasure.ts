import type { Knex } from 'knex';

/**
 * Erasing people (docs/adr/0012). A user's row says that it was erased, and the two triggers that refuse every change
 * of the audit let one through: what may tell of an erased person taken out of an event, once its seal has been given
 * a commitment in the place of the salt. What is left and what is committed to is worked out here, from the very rows.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    alter table users add column erased_at timestamptz(3);
    alter table users_history add column erased_at timestamptz(3);
    -- Not validated: there is none yet, and looking for one would lock the table.
    alter table users add constraint users_erased_check check (erased_at is null or status = 'inactive') not valid;

    -- What stands where an erased person's name stood.
    create function erased_name(person uuid) returns text language sql immutable parallel safe as $$
      select 'erased-' || right(person::text, 12)
    $$;
    create function is_erased(workspace uuid, person uuid) returns boolean language sql stable as $$
      select exists (select from users where workspace_id = workspace and id = person and erased_at is not null)
    $$;

    -- The fields of what changed that tell of nobody, and canonical JSON: as in src/core/audit/chain/chain.ts.
    create function audit_kept() returns text[] language sql immutable parallel safe as $$
      select array['status', 'managedBy', 'source', 'organization', 'accountRole', 'project', 'projects', 'role',
        'product', 'products', 'license', 'row', 'decision', 'none', 'keep', 'revoke']
    $$;
    -- As JavaScript sorts, by UTF-16: what lies past the surrogates comes after what is written with them.
    create function audit_order(name text) returns text language sql immutable parallel safe as $$
      select regexp_replace(replace(name, U&'\\+10FFFF', U&'\\+10FFFF\\0001'), '([\\uE000-\\uFFFF])',
        U&'\\+10FFFF\\\\1', 'g')
    $$;
    create function audit_json(told jsonb) returns text language plpgsql immutable parallel safe as $$
    begin
      return case jsonb_typeof(told)
        when 'object' then '{' || coalesce((
          select string_agg(to_json(f.key)::text || ':' || audit_json(f.value), ',' order by audit_order(f.key) collate "C")
          from jsonb_each(told) f), '') || '}'
        when 'array' then '[' || coalesce((
          select string_agg(audit_json(e.value), ',' order by e.place)
          from jsonb_array_elements(told) with ordinality e(value, place)), '') || ']'
        else told::text end;
    end $$;
    create function audit_personal(told jsonb) returns text language sql immutable parallel safe as $$
      select audit_json(case jsonb_typeof(told) when 'object' then told - audit_kept() else coalesce(told, 'null') end)
    $$;
    create function audit_erased(told jsonb) returns jsonb language sql immutable parallel safe as $$
      select case jsonb_typeof(told) when 'object' then told - array(
        select key from jsonb_object_keys(told) key where key <> all(audit_kept())) end
    $$;

    -- Whom an event is about: its target, or the other one concerned.
    create function audit_person(e audit_events) returns uuid language sql immutable parallel safe as $$
      select case when e.target_kind = 'user' then e.target_id::uuid else e.related_id::uuid end
    $$;

    -- An event as erasing leaves it: as it is, unless it is about or by an erased person. Groups and reviews keep their
    -- names.
    create function erased_event(e audit_events) returns audit_events language plpgsql stable as $$
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
    end $$;

    -- A seal as erasing leaves it: for each part that its event loses, the commitment in place of the salt.
    create function erased_seal(s audit_seals) returns audit_seals language plpgsql stable as $$
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
    end $$;

    create or replace function refuse_audit_change() returns trigger language plpgsql as $$
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
    end $$;
  `);
}
