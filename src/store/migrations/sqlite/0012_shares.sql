-- Shares: frozen copies for people without an account. Of the link's token only the digest is kept, so that whoever reads the store
-- cannot open one; the body is already redacted and goes when the share is revoked.
create table shares (
    id              text   primary key,
    tenant_id       text   not null,
    subscription_id text,
    of_kind         text   not null,
    of_id           text   not null,
    title           text   not null,
    made_at         bigint not null,
    person          text   not null,
    made_by         text   not null,
    expires_at      bigint not null,
    revoked_at      bigint,
    redacted        bigint not null,
    hash            text   not null unique,
    passphrase      text,
    tries           bigint not null default 0,
    tries_since     bigint not null default 0,
    views           bigint not null default 0,
    last_view_at    bigint,
    body            text
);
create index shares_by_time on shares (made_at);
