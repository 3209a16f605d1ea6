-- Diagnoses as they were made: frozen, so that a link to one says the same tomorrow.
create table diagnoses (
    id              text primary key,
    subscription_id text,
    made_at         bigint not null,
    body            text   not null
);
