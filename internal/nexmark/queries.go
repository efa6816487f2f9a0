package nexmark

// Query is a query of the benchmark in PostgreSQL's dialect.
type Query struct {
	Name string
	SQL  string
	// Decided are the columns that the query's own order decides: where it ranks by time alone, which of several bids of a millisecond is shown is
	// open. "": all of them.
	Decided string
}

// Queries are those of q0 to q23 that need no window of time. q5, q7, q8, q11 and q12 need one, q6 is an average over the last ten rows.
var Queries = []Query{
	{Name: "q0", SQL: `SELECT auction, bidder, price, date_time, extra FROM bid`},
	{Name: "q1", SQL: `SELECT auction, bidder, 0.908 * price AS price, date_time, extra FROM bid`},
	{Name: "q2", SQL: `SELECT auction, price FROM bid WHERE mod(auction, 123) = 0`},
	{Name: "q3", SQL: `SELECT p.name, p.city, p.state, a.id FROM auction AS a INNER JOIN person AS p ON a.seller = p.id
		WHERE a.category = 10 AND (p.state = 'OR' OR p.state = 'ID' OR p.state = 'CA')`},
	{Name: "q4", SQL: `SELECT q.category, avg(q.final) FROM (
			SELECT max(b.price) AS final, a.category FROM auction a, bid b
			WHERE a.id = b.auction AND b.date_time BETWEEN a.date_time AND a.expires GROUP BY a.id, a.category) q
		GROUP BY q.category`},
	{Name: "q9", SQL: `SELECT id, item_name, description, initial_bid, reserve, date_time, expires, seller, category, extra,
			auction, bidder, price, bid_date_time, bid_extra
		FROM (SELECT a.*, b.auction, b.bidder, b.price, b.date_time AS bid_date_time, b.extra AS bid_extra,
				row_number() OVER (PARTITION BY a.id ORDER BY b.price DESC, b.date_time ASC) AS rownum
			FROM auction a, bid b WHERE a.id = b.auction AND b.date_time BETWEEN a.date_time AND a.expires) x
		WHERE rownum <= 1`, Decided: "id, item_name, description, price, bid_date_time"},
	{Name: "q10", SQL: `SELECT auction, bidder, price, date_time, extra, to_char(date_time, 'YYYY-MM-DD') AS day, to_char(date_time, 'HH24:MI') AS minute FROM bid`},
	{Name: "q13", SQL: `SELECT b.auction, b.bidder, b.price, b.date_time, s.value FROM bid b JOIN side_input s ON mod(b.auction, 10000) = s.key`},
	{Name: "q14", SQL: `SELECT auction, bidder, 0.908 * price AS price,
			CASE WHEN extract(hour FROM date_time) >= 8 AND extract(hour FROM date_time) <= 18 THEN 'dayTime'
				WHEN extract(hour FROM date_time) <= 6 OR extract(hour FROM date_time) >= 20 THEN 'nightTime' ELSE 'otherTime' END AS bid_time_type,
			date_time, extra, length(extra) - length(replace(extra, 'c', '')) AS c_counts
		FROM bid WHERE 0.908 * price > 1000000 AND 0.908 * price < 50000000`},
	{Name: "q15", SQL: `SELECT to_char(date_time, 'YYYY-MM-DD') AS day, ` + ranks + ` FROM bid GROUP BY to_char(date_time, 'YYYY-MM-DD')`},
	{Name: "q16", SQL: `SELECT channel, to_char(date_time, 'YYYY-MM-DD') AS day, max(to_char(date_time, 'HH24:MI')) AS minute, ` + ranks + `
		FROM bid GROUP BY channel, to_char(date_time, 'YYYY-MM-DD')`},
	{Name: "q17", SQL: `SELECT auction, to_char(date_time, 'YYYY-MM-DD') AS day, count(*) AS total_bids,
			count(*) FILTER (WHERE price < 10000) AS rank1_bids, count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
			count(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
			min(price) AS min_price, max(price) AS max_price, avg(price) AS avg_price, sum(price) AS sum_price
		FROM bid GROUP BY auction, to_char(date_time, 'YYYY-MM-DD')`},
	{Name: "q18", SQL: `SELECT auction, bidder, price, channel, url, date_time, extra
		FROM (SELECT *, row_number() OVER (PARTITION BY bidder, auction ORDER BY date_time DESC) AS rank_number FROM bid) x
		WHERE rank_number <= 1`, Decided: "auction, bidder, date_time"},
	{Name: "q19", SQL: `SELECT auction, bidder, price, channel, url, date_time, extra
		FROM (SELECT *, row_number() OVER (PARTITION BY auction ORDER BY price DESC) AS rank_number FROM bid) x
		WHERE rank_number <= 10`, Decided: "auction, price"},
	{Name: "q20", SQL: `SELECT auction, bidder, price, channel, url, b.date_time, b.extra,
			item_name, description, initial_bid, reserve, a.date_time AS auction_date_time, expires, seller, category, a.extra AS auction_extra
		FROM bid AS b INNER JOIN auction AS a ON b.auction = a.id WHERE a.category = 10`},
	{Name: "q21", SQL: `SELECT auction, bidder, price, channel,
			CASE WHEN lower(channel) = 'apple' THEN '0' WHEN lower(channel) = 'google' THEN '1' WHEN lower(channel) = 'facebook' THEN '2'
				WHEN lower(channel) = 'baidu' THEN '3' ELSE substring(url, '(?:&|^)channel_id=([^&]*)') END AS channel_id
		FROM bid WHERE substring(url, '(?:&|^)channel_id=([^&]*)') IS NOT NULL OR lower(channel) IN ('apple', 'google', 'facebook', 'baidu')`},
	{Name: "q22", SQL: `SELECT auction, bidder, price, channel, split_part(url, '/', 4) AS dir1, split_part(url, '/', 5) AS dir2,
			split_part(url, '/', 6) AS dir3 FROM bid`},
	{Name: "q23", SQL: `SELECT bidder, price, channel, url, b.extra AS bid_extra, p.id AS person_id, name, email_address, credit_card, city, state,
			p.extra AS person_extra, item_name, description, initial_bid, reserve, a.date_time AS auction_date_time, expires, seller, category,
			a.extra AS auction_extra
		FROM bid b JOIN person p ON p.id = b.bidder JOIN auction a ON a.seller = b.bidder`},
}

const ranks = `count(*) AS total_bids,
	count(*) FILTER (WHERE price < 10000) AS rank1_bids,
	count(*) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bids,
	count(*) FILTER (WHERE price >= 1000000) AS rank3_bids,
	count(DISTINCT bidder) AS total_bidders,
	count(DISTINCT bidder) FILTER (WHERE price < 10000) AS rank1_bidders,
	count(DISTINCT bidder) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_bidders,
	count(DISTINCT bidder) FILTER (WHERE price >= 1000000) AS rank3_bidders,
	count(DISTINCT auction) AS total_auctions,
	count(DISTINCT auction) FILTER (WHERE price < 10000) AS rank1_auctions,
	count(DISTINCT auction) FILTER (WHERE price >= 10000 AND price < 1000000) AS rank2_auctions,
	count(DISTINCT auction) FILTER (WHERE price >= 1000000) AS rank3_auctions`
