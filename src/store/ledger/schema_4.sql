-- What the provider says that it charged, in its own units: `25 credits`; absent where it says nothing.
ALTER TABLE attempts ADD COLUMN charged TEXT;
