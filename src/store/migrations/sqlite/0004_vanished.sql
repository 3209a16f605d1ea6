-- Items that vanish at the source: when the newest sweep began that met the item, and how many complete sweeps in a row
-- have not. Both survive a stop in the middle of a sweep.
alter table last_seen add column swept_at bigint not null default 0;
alter table last_seen add column missed bigint not null default 0;
create index last_seen_missed on last_seen (kind, missed, subscription_id) where missed > 0;
