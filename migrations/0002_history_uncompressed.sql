-- What history keeps, it keeps for minutes: compressing it costs more than writing and dropping it. Its partitions take it over.
ALTER TABLE history ALTER COLUMN value SET STORAGE EXTERNAL, ALTER COLUMN previous_value SET STORAGE EXTERNAL;
