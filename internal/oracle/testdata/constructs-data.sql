-- The tables of constructs.sql, and what happens to them.
CREATE TABLE t (id int PRIMARY KEY, a int, b int, s text, f float8, n numeric, d date, ts timestamp, iv interval, arr int[], bo bool, j jsonb)
CREATE TABLE u (id int PRIMARY KEY, a int, b text)
CREATE TABLE w (k int, a int, v numeric(8,2))
CREATE TABLE e (id int PRIMARY KEY, a int)
change: INSERT INTO t VALUES (1, 1, 10, 'x', 1.5, 1.50, '2024-01-01', '2024-01-01 10:00', '1 day', '{1,2}', true, '{"a":1}'), (2, 1, 20, 'y', 2.5, 2.25, '2024-01-02', '2024-01-02 10:00', '2 days', '{2,3}', false, '{"a":2}'), (3, 2, 30, 'z', -1, 3, '2024-01-03', '2024-02-02 10:00', '2 hours', '{}', true, '[1,2]'), (4, 2, NULL, 'x', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, NULL, 50, NULL, 0, 5.125, '2023-05-05', '2023-01-01', '1 mon', '{NULL,5}', false, 'null'), (6, 3, 10, 'abc', 10, 1.5, '2024-01-01', '2024-01-01 11:00', '1 day', '{7}', true, '{"b":[1]}')
change: INSERT INTO u VALUES (1, 1, 'one'), (2, 2, 'two'), (3, NULL, 'none'), (4, 4, 'four'), (5, 1, NULL)
change: INSERT INTO w VALUES (1, 1, 1.00), (1, 1, 2.00), (2, 2, 2.50), (2, NULL, 3.00), (NULL, 3, NULL), (3, 3, 7.00), (1, 1, 1.00)
change: DELETE FROM t WHERE id IN (2, 5)
change: INSERT INTO t VALUES (2, 1, 20, 'y', 2.5, 2.25, '2024-01-02', '2024-01-02 10:00', '2 days', '{2,3}', false, '{"a":2}'), (5, NULL, 50, NULL, 0, 5.125, '2023-05-05', '2023-01-01', '1 mon', '{NULL,5}', false, 'null'), (7, 1, 10, 'q', 4, 4, '2024-03-03', '2024-03-03', '3 days', '{9}', NULL, '1')
change: UPDATE t SET b = b + 1 WHERE a = 1
change: UPDATE w SET v = v + 1 WHERE k = 1; DELETE FROM u WHERE id = 2; INSERT INTO u VALUES (6, 3, 'six'), (2, 2, 'two')
change: DELETE FROM t WHERE a = 2
change: DELETE FROM w; DELETE FROM t; DELETE FROM u
change: INSERT INTO w VALUES (1, 1, 5.00), (2, 2, 6.00); INSERT INTO u VALUES (1, 1, 'one'), (2, 2, 'two'), (3, NULL, 'none'); INSERT INTO t (id, a, b, s, n) VALUES (1, 1, 10, 'x', 1.5), (2, 1, 5, 'y', 2.5), (3, 2, NULL, 'z', NULL)
