-- Times are RFC 3339 in UTC. Money is in millionths of a US dollar.
CREATE TABLE runs (
  id            TEXT PRIMARY KEY,          -- UUID v7: sorts by time
  created       TEXT NOT NULL,
  updated       TEXT NOT NULL,
  state         TEXT NOT NULL,             -- open | finished | failed
  recipe_digest TEXT NOT NULL,             -- BLAKE3 of what makes two runs the same
  salt          INTEGER NOT NULL,          -- 0, or the number of earlier runs of the recipe when it was begun afresh
  job           TEXT NOT NULL,             -- JSON: everything needed to resume
  budget        INTEGER,
  report        TEXT                       -- JSON, once finished
) STRICT;
CREATE INDEX runs_by_recipe ON runs (recipe_digest, id);

CREATE TABLE attempts (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  run            TEXT NOT NULL REFERENCES runs (id),
  take           INTEGER NOT NULL,         -- 1-based
  client_id      TEXT NOT NULL UNIQUE,     -- ours, sent along so that a lost job can be found again
  provider       TEXT NOT NULL,
  request_digest TEXT NOT NULL,
  request        TEXT NOT NULL,            -- JSON
  state          TEXT NOT NULL,
  job_id         TEXT,                     -- the provider's
  price          INTEGER NOT NULL,         -- quoted; reserved until the attempt is final
  cost           INTEGER,                  -- settled
  blob           TEXT,                     -- BLAKE3 of the clip
  judge_digest   TEXT,                     -- what the score depends on besides the clip
  score          TEXT,                     -- JSON
  decision       TEXT,                     -- JSON
  failure_code   TEXT,
  failure        TEXT,
  created        TEXT NOT NULL,
  updated        TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_run ON attempts (run, take, id);

-- What happened, in order; never changed.
CREATE TABLE events (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  run     TEXT NOT NULL REFERENCES runs (id),
  attempt INTEGER REFERENCES attempts (id),
  at      TEXT NOT NULL,
  kind    TEXT NOT NULL,                   -- state | decision | warning | result
  what    TEXT NOT NULL
) STRICT;
CREATE INDEX events_by_run ON events (run, id);

-- Double entry for money: every reservation is closed by exactly one settlement.
CREATE TABLE money (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  run     TEXT NOT NULL REFERENCES runs (id),
  attempt INTEGER NOT NULL REFERENCES attempts (id),
  at      TEXT NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('reserve', 'settle')),
  micros  INTEGER NOT NULL CHECK (micros >= 0),
  UNIQUE (attempt, kind)
) STRICT;
