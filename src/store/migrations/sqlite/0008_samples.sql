-- Sample alerts that people asked Defender for Cloud for, to be followed until they arrive.
create table samples (
    id              text primary key,
    subscription_id text   not null,
    bundle          text   not null,
    asked_at        bigint not null,
    asked_by        text   not null,
    status_url      text
);
