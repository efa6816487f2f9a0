CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL);
CREATE TABLE posts (id int8 PRIMARY KEY, author_id int8 NOT NULL, time timestamptz NOT NULL, text text NOT NULL);
CREATE TABLE likes (post_id int8, user_id int8, PRIMARY KEY (post_id, user_id));
CREATE TABLE shares (id int8 PRIMARY KEY, post_id int8 NOT NULL, user_id int8 NOT NULL);
CREATE TABLE comments (id int8 PRIMARY KEY, post_id int8 NOT NULL, author_id int8 NOT NULL, text text NOT NULL, likes int4 NOT NULL DEFAULT 0);

-- A post as the page shows it: one row, one read.
CREATE MATERIALIZED VIEW post_documents AS
SELECT p.id, u.name AS author, p.text,
       coalesce(l.total, 0) AS total_likes,
       coalesce(s.total, 0) AS total_shares,
       coalesce(c.top, '[]') AS top_comments
FROM posts p
JOIN users u ON u.id = p.author_id
LEFT JOIN (SELECT post_id, count(*) AS total FROM likes GROUP BY post_id) l ON l.post_id = p.id
LEFT JOIN (SELECT post_id, count(*) AS total FROM shares GROUP BY post_id) s ON s.post_id = p.id
LEFT JOIN (
    SELECT r.post_id, jsonb_agg(jsonb_build_object('author', a.name, 'text', r.text, 'likes', r.likes) ORDER BY r.likes DESC, r.id) AS top
    FROM (SELECT c.*, row_number() OVER (PARTITION BY post_id ORDER BY likes DESC, id) AS place FROM comments c) r
    JOIN users a ON a.id = r.author_id
    WHERE r.place <= 3
    GROUP BY r.post_id
) c ON c.post_id = p.id;
