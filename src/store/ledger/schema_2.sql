-- The provider's receipt, JSON: enough to ask about the job again from another process.
ALTER TABLE attempts ADD COLUMN ticket TEXT;
