CREATE TABLE edits (id int8 PRIMARY KEY, page text NOT NULL, time timestamptz NOT NULL, editor text NOT NULL, text text NOT NULL);

-- The current text of each page: its latest edit.
CREATE MATERIALIZED VIEW pages AS
SELECT DISTINCT ON (page) page, time, editor, text FROM edits ORDER BY page, time DESC, id DESC;

CREATE MATERIALIZED VIEW editors AS
SELECT editor, count(*) AS edits, count(DISTINCT page) AS pages FROM edits GROUP BY editor;
