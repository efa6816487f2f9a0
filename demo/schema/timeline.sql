CREATE TABLE users (id int8 PRIMARY KEY, name text NOT NULL, bio text NOT NULL DEFAULT '');
CREATE TABLE follows (follower_id int8, followee_id int8, PRIMARY KEY (follower_id, followee_id));
CREATE TABLE tweets (id int8 PRIMARY KEY, sender_id int8 NOT NULL, time timestamptz NOT NULL, text text NOT NULL);

CREATE MATERIALIZED VIEW timeline AS
SELECT tweets.*, users.* FROM tweets JOIN users ON users.id = tweets.sender_id
JOIN follows ON follows.followee_id = users.id
WHERE follows.follower_id = $user ORDER BY tweets.time DESC LIMIT 100;
