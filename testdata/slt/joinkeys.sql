-- A condition about the very expression that a join goes by, which no other column of the row is needed for
CREATE TABLE joinl (i int, k float8);
CREATE TABLE joinr (i int, k numeric, n int);
INSERT INTO joinl VALUES (1, 0), (2, '-0'), (3, 'NaN'), (4, 1), (5, 3);
INSERT INTO joinr VALUES (1, 0, 1), (2, 1, 2), (3, 'NaN', 3), (4, 2, 4);
SELECT l.i, r.i FROM joinl l JOIN joinr r ON l.k = r.k AND r.k = '-0'::float8;
SELECT l.i, r.i FROM joinl l JOIN joinr r ON l.k = r.k AND r.k = 'NaN'::float8;
SELECT l.i, r.i FROM joinl l JOIN joinr r ON l.k = r.k WHERE r.k > 0::float8;
SELECT l.i, r.i FROM joinl l LEFT JOIN joinr r ON l.k = r.k AND r.k + 0::float8 > 0;
SELECT l.i, r.i FROM joinl l JOIN joinr r ON l.i = r.n + 1 AND 4 / (r.n + 1) = 2;
SELECT l.i, r.i FROM joinl l LEFT JOIN joinr r ON l.i = r.n + 1 AND 4 / (r.n + 1) = l.i;
SELECT l.i, r.i FROM joinl l FULL JOIN joinr r ON l.i = r.n + 1 AND 4 / (r.n + 1) + l.i > 3;
SELECT l.i FROM joinl l WHERE EXISTS (SELECT FROM joinr r WHERE r.n + 1 = l.i AND 4 / (r.n + 1) + l.k > 1);
SELECT l.i FROM joinl l WHERE NOT EXISTS (SELECT FROM joinr r WHERE r.n + 1 = l.i AND 4 / (r.n + 1) + l.k > 1);
SELECT l.i, a.i, b.i FROM joinl l JOIN joinr a ON l.i = a.n + 1 JOIN joinr b ON b.n + 1 = a.n AND 4 / (b.n + 1) = 2;
