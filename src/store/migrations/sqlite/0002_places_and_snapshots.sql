-- What scopes look at in a subscription: the management groups above it, nearest first, and its tags.
alter table subscriptions add column groups text not null default '[]';
alter table subscriptions add column tags text not null default '{}';

-- When the whole state of a kind was last written as snapshot events; a sweep names the subscriptions it does that for.
alter table watches add column last_snapshot_at bigint;
alter table sweeps add column snapshots text not null default '[]';

-- Each kind of data has a stream of its own, and each stream four lanes.
update targets set lanes = 28 where kind = 'workspace';

-- What a preview needs of an event without opening the payload: when, where, and the values at the paths that filters
-- usually look at, as JSON {path: [value, …]}.
alter table events add column facets text;
create index events_sample on events (kind, seq, occurred_at, subscription_id, change, body_bytes, facets)
    where body is not null and change not in ('test', 'snapshot');

-- Exports that Azure delivers (Microsoft.Security/automations), as Resource Graph answers them.
create table azure_automations (
    id              text primary key,
    subscription_id text   not null,
    body            text   not null,
    read_at         bigint not null
);
