import type { Knex } from 'knex';

/**
 * History keeps the large values of a user once (docs/adr/0017). A version of a large user is kept as what differs from
 * a whole version kept before it, its base; small users, nearly all, are kept whole as before. The trigger's function is
 * replaced in one step, so rows written by the previous version of Rollcall are kept in the same way.
 *
 * Such a row holds `{"$of": {"base": <valid_to of the base>, "by": <what differs>}}` in place of attributes, only those
 * `email_keys` that its base has not, and no `full_name` when that is long.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- The long texts in a value, in an order that depends on nothing else: what differs names them by number.
    create function user_long_texts(value jsonb) returns text[] language sql immutable parallel safe as $$
      select coalesce(array_agg(distinct t.text order by t.text), '{}')
      from (select (leaf #>> '{}') collate "C" as text from jsonb_path_query(value, 'strict $.**') leaf
        where jsonb_typeof(leaf) = 'string') t
      where length(t.text) > 200
    $$;

    -- A value with the numbers of long texts in their place, and back. 'texts' has the numbers by the texts.
    create function user_packed(value jsonb, texts jsonb) returns jsonb language plpgsql immutable parallel safe as $$
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
    end $$;
    create function user_unpacked(value jsonb, texts text[]) returns jsonb language plpgsql immutable parallel safe as $$
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
    end $$;

    -- How a value is made from a base: {"is": value}, {"fields": by name, "gone": names}, or {"list": items, "edits": …}.
    -- An item is a run of the base's elements, [first, count], or {"is": value}. An edit says what differs in elements
    -- of the result at some places, runs again: one PATCH often does the same to all.
    create function user_difference(base jsonb, target jsonb, texts jsonb) returns jsonb
      language plpgsql immutable parallel safe as $$
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
    end $$;

    create function user_made_from(base jsonb, difference jsonb, texts text[]) returns jsonb
      language plpgsql immutable parallel safe as $$
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
    end $$;

    -- The attributes of a version, of which history has these.
    create function user_attributes_then(workspace uuid, person uuid, kept jsonb) returns jsonb
      language plpgsql stable parallel safe cost 10000 as $$
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
    end $$;

    create or replace function keep_users_history() returns trigger language plpgsql as $$
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
    end $$;
  `);
}
