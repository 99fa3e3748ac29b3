alter table "app"."badges" enable row level security;

-- Whoever is bound by it sees and writes rows of the transaction's scope alone.
create policy "badges_scope" on "app"."badges"
using ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text))
with check ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text));

alter table "app"."badge_events" enable row level security;

-- Whoever is bound by it sees and writes rows of the transaction's scope alone.
create policy "badge_events_scope" on "app"."badge_events"
using ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text))
with check ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text));

alter table "app"."badge_snapshots" enable row level security;

-- Whoever is bound by it sees and writes rows of the transaction's scope alone.
create policy "badge_snapshots_scope" on "app"."badge_snapshots"
using ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text))
with check ("tenant_id" = (select nullif(current_setting('annals.tenant_id', true), '')::text));
