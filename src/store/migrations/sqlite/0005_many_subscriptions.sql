-- Ten thousand subscriptions, read page by page in the order of their names, and what is the matter with few of them.
create index subscriptions_name on subscriptions (lower(name), id);
create index subscriptions_listed on subscriptions (first_listed_at, id);
create index subscriptions_progress on subscriptions (unlisted_since, plans_read_at);
create index watches_trouble on watches (subscription_id) where condition <> 'ok' or sweep_problem is not null;
create index watches_open on watches (subscription_id) where baseline_done_at is null;
