CREATE TABLE profiles (id int8 PRIMARY KEY, name text NOT NULL, bio text NOT NULL);

-- The inverted index: which profiles have a term.
CREATE MATERIALIZED VIEW search AS
SELECT term, count(*) AS profiles, array_agg(id ORDER BY id) AS ids
FROM (SELECT DISTINCT p.id, t.term
      FROM profiles p, LATERAL regexp_split_to_table(lower(p.name || ' ' || p.bio), '[^a-z0-9]+') AS t(term)
      WHERE t.term <> '') terms
GROUP BY term;
