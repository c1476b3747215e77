-- What a run began with beyond what the user asked for, JSON; absent in older runs, which began with nothing.
ALTER TABLE runs ADD COLUMN start TEXT;

-- The settings with which a clip held last, by whom and for which camera move.
CREATE TABLE settings (
  provider TEXT NOT NULL,
  model    TEXT NOT NULL,
  motion   TEXT NOT NULL,
  run      TEXT NOT NULL REFERENCES runs (id),
  at       TEXT NOT NULL,
  settings TEXT NOT NULL,                  -- JSON
  PRIMARY KEY (provider, model, motion)
) STRICT;
