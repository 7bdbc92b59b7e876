import type { Migration } from "./migration.ts"

/**
 * The first schema. Only `text` and `bigint`, which SQLite and PostgreSQL read alike: ids are text, instants
 * epoch milliseconds, flags 0 or 1, lists and sealed data text.
 */
export const start: Migration = {
  id: "0001-start",
  statements: [
    // revision: raised by every change of a user's factors, codes, roles or addresses, and guarded by it.
    // security_stamp: changed by what must end sessions, remembered devices and links; they carry a copy.
    `create table users (
      id text primary key,
      email text,
      email_key text unique,
      email_confirmed_at bigint,
      external_id text unique,
      password_hash text,
      password_changed_at bigint,
      first_name text,
      last_name text,
      roles text not null,
      locale text,
      security_stamp text not null,
      revision bigint not null,
      disabled_at bigint,
      default_factor_id text,
      created_at bigint not null
    )`,
    `create index users_created on users (created_at, id)`,

    `create table links (
      token_hash text primary key,
      user_id text not null references users (id) on delete cascade,
      purpose text not null,
      email text,
      security_stamp text not null,
      data text not null,
      created_at bigint not null,
      expires_at bigint not null,
      used_at bigint
    )`,
    `create index links_user on links (user_id, purpose)`,
    `create index links_expiry on links (expires_at)`,

    `create table sessions (
      id text primary key,
      user_id text not null references users (id) on delete cascade,
      door text not null,
      methods text not null,
      aal bigint not null,
      persistent bigint not null,
      device_remembered bigint not null,
      created_at bigint not null,
      authenticated_at bigint not null,
      first_factor_at bigint,
      second_factor_at bigint,
      last_used_at bigint not null,
      expires_at bigint not null,
      idle_milliseconds bigint not null,
      security_stamp text not null,
      agent text,
      address text,
      ended_at bigint
    )`,
    `create index sessions_user on sessions (user_id, created_at)`,
    `create index sessions_expiry on sessions (expires_at)`,
    `create index sessions_ended on sessions (ended_at) where ended_at is not null`,

    // kind: session (cookie or native bearer), access and refresh (the pair of one door).
    `create table session_tokens (
      token_hash text primary key,
      session_id text not null references sessions (id) on delete cascade,
      kind text not null,
      created_at bigint not null,
      expires_at bigint not null,
      used_at bigint
    )`,
    `create index session_tokens_session on session_tokens (session_id)`,
    `create index session_tokens_expiry on session_tokens (expires_at)`,

    // purpose: sign_in, enrol, step_up. session_id: the session that steps up. level: what a step-up has to reach.
    `create table challenges (
      id text primary key,
      token_hash text not null unique,
      user_id text not null references users (id) on delete cascade,
      purpose text not null,
      door text not null,
      session_id text,
      level text,
      methods text not null,
      first_factor_at bigint,
      attempts bigint not null,
      persistent bigint not null,
      security_stamp text not null,
      return_to text,
      agent text,
      address text,
      created_at bigint not null,
      expires_at bigint not null,
      settled_at bigint
    )`,
    `create index challenges_user on challenges (user_id, door, created_at)`,
    `create index challenges_expiry on challenges (expires_at)`,

    // What a kind keeps with a challenge (the hash of a mailed code, a passkey's nonce). owner_id is a challenge,
    // or a pending factor. serial: changes whenever it is replaced, so that only the newest can be spent.
    `create table held (
      owner_id text not null,
      kind text not null,
      serial text not null,
      data text not null,
      created_at bigint not null,
      expires_at bigint not null,
      sends bigint not null,
      primary key (owner_id, kind)
    )`,
    `create index held_expiry on held (expires_at)`,

    // state: pending, on, off, removed. holder: the session or key that began a pending one; null: the user's.
    // counter: the last accepted time step, or a passkey's signature counter.
    `create table factors (
      id text primary key,
      user_id text not null references users (id) on delete cascade,
      kind text not null,
      name text not null,
      state text not null,
      data text not null,
      counter bigint not null,
      handle text,
      holder text,
      created_at bigint not null,
      confirmed_at bigint,
      last_used_at bigint,
      expires_at bigint,
      removed_at bigint,
      unique (kind, handle)
    )`,
    `create index factors_user on factors (user_id, state)`,
    `create index factors_pending on factors (expires_at) where state = 'pending'`,

    // One set of recovery codes a user. copy: the sealed codes, until they are acknowledged, for their holder alone.
    `create table recovery_code_sets (
      id text primary key,
      user_id text not null unique references users (id) on delete cascade,
      holder text,
      copy text,
      copy_expires_at bigint,
      created_at bigint not null,
      acknowledged_at bigint
    )`,
    `create index recovery_code_copies on recovery_code_sets (copy_expires_at) where copy_expires_at is not null`,
    `create table recovery_codes (
      id text primary key,
      set_id text not null,
      user_id text not null references users (id) on delete cascade,
      position bigint not null,
      hash text not null,
      used_at bigint
    )`,
    `create index recovery_codes_user on recovery_codes (user_id)`,

    // subject: a keyed hash of the normalised identifier, or a user's id. class: password, code, or a kind's name.
    `create table failures (
      subject text not null,
      class text not null,
      count bigint not null,
      total bigint not null,
      waits bigint not null,
      blocked_until bigint not null,
      last_at bigint not null,
      primary key (subject, class)
    )`,

    `create table remembered_devices (
      id text primary key,
      token_hash text not null unique,
      user_id text not null references users (id) on delete cascade,
      security_stamp text not null,
      agent text,
      address text,
      created_at bigint not null,
      last_used_at bigint not null,
      expires_at bigint not null
    )`,
    `create index remembered_devices_user on remembered_devices (user_id)`,
    `create index remembered_devices_expiry on remembered_devices (expires_at)`,

    `create table mfa_tokens (
      token_hash text primary key,
      user_id text not null references users (id) on delete cascade,
      session_id text,
      action text,
      single_use bigint not null,
      methods text not null,
      created_at bigint not null,
      expires_at bigint not null,
      spent_at bigint
    )`,
    `create index mfa_tokens_user on mfa_tokens (user_id)`,
    `create index mfa_tokens_expiry on mfa_tokens (expires_at)`,

    // Either user_id (a user key) or service (a service key) is set.
    `create table api_keys (
      id text primary key,
      key_hash text not null unique,
      user_id text references users (id) on delete cascade,
      service text,
      name text not null,
      postfix text not null,
      scopes text not null,
      created_at bigint not null,
      expires_at bigint,
      last_used_at bigint,
      revoked_at bigint
    )`,
    `create index api_keys_user on api_keys (user_id)`,

    `create table audit (
      id text primary key,
      at bigint not null,
      user_id text,
      event text not null,
      outcome text not null,
      door text,
      address text,
      agent text,
      detail text not null
    )`,
    `create index audit_user on audit (user_id, at)`,
    `create index audit_at on audit (at, id)`,

    // recipient and body are sealed, and erased when the mail was sent.
    `create table outbox (
      id text primary key,
      kind text not null,
      body text not null,
      created_at bigint not null,
      next_at bigint not null,
      attempts bigint not null,
      claimed_until bigint not null,
      sent_at bigint,
      failed_at bigint,
      last_error text
    )`,
    `create index outbox_next on outbox (sent_at, failed_at, next_at)`,

    `create table rate_windows (
      bucket text not null,
      window_start bigint not null,
      count bigint not null,
      expires_at bigint not null,
      primary key (bucket, window_start)
    )`,
    `create index rate_windows_expiry on rate_windows (expires_at)`,

    // Data keys, wrapped by a key of the ring. purpose: seal, hash.
    `create table vault_keys (
      id text primary key,
      purpose text not null,
      ring_key_id text not null,
      wrapped text not null,
      created_at bigint not null,
      retired_at bigint
    )`,

    // What operators or a door's policy calls change while the server runs.
    `create table settings (
      name text primary key,
      value text not null,
      changed_at bigint not null
    )`,
  ],
}
