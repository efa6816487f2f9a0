-- INSERT takes the rows of a query in its order, so that a sequence numbers them so
CREATE TABLE s (id serial, v text, n int);
CREATE TABLE src (v text, n int);
INSERT INTO src VALUES ('a', 3), ('b', 1), ('c', 2), ('d', NULL);
INSERT INTO s (v, n) SELECT v, n FROM src ORDER BY n DESC;
INSERT INTO s (v) SELECT v FROM src ORDER BY n, v DESC;
INSERT INTO s (v) SELECT v FROM src ORDER BY v DESC LIMIT 2 RETURNING id, v;
INSERT INTO s (v, n) SELECT v, n + 1 FROM src ORDER BY n + 1 DESC NULLS LAST OFFSET 1;
INSERT INTO s (n) SELECT n FROM src UNION SELECT 7 ORDER BY n DESC;
INSERT INTO s (n, v) SELECT x, x FROM (VALUES (3), (1), (2)) t(x) ORDER BY 1;
INSERT INTO s (v, n) VALUES ('y', 2), ('x', 1) ORDER BY 2;
SELECT * FROM s ORDER BY id;
