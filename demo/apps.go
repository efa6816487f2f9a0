package demo

import (
	"fmt"
	"math/rand/v2"
)

// Sizes of the demos' data.
const (
	timelineUsers = 20_000
	pageURLs      = 500
	postCount     = 5_000
	wikiPages     = 2_000
	profileCount  = 10_000
	cartCount     = 5_000
	productCount  = 1_000
)

// The accounts 2 to busyUsers tweet all the time, and the watcher follows and unfollows them. What the typist follows is quiet, so that what is typed
// by hand stays on top.
const (
	busyUsers = 100
	typist    = 42
	watcher   = 43
)

func quiet(user int) bool { return user == 1 || user > busyUsers }

var timeline = app{
	name:  "timeline",
	about: "the home timeline of every user, newest first, the moment a tweet is committed",
	load: func(l *loader) error {
		users := l.size(timelineUsers)
		if err := l.copy("users", users, func(i int) []any {
			return []any{i + 1, "user " + fmt.Sprint(i+1), phrase(l.rng, 4)}
		}); err != nil {
			return err
		}
		popular := zipf(l.rng, users)
		seen := map[[2]int]bool{}
		if err := l.copy("follows", users*8, func(i int) []any {
			for {
				k := [2]int{1 + l.rng.IntN(users), 1 + popular()}
				switch {
				case i == 0:
					k = [2]int{typist, 1}
				case i < 20:
					k = [2]int{typist, busyUsers + i}
				}
				if !seen[k] && (k[0] != typist || quiet(k[1])) {
					seen[k] = true
					return []any{k[0], k[1]}
				}
			}
		}); err != nil {
			return err
		}
		return l.copy("tweets", users, func(i int) []any {
			return []any{i + 1, 1 + l.rng.IntN(users), l.before(users - i), phrase(l.rng, 8)}
		})
	},
	event: func(r *rand.Rand, n int64) (string, []any) {
		user := 2 + r.Int64N(busyUsers-1)
		switch r.IntN(10) {
		case 0:
			return "INSERT INTO follows VALUES ($1, $2) ON CONFLICT DO NOTHING", []any{watcher, user}
		case 1:
			return "DELETE FROM follows WHERE follower_id = $1 AND followee_id = $2", []any{watcher, user}
		case 2:
			return "UPDATE users SET name = $2 WHERE id = $1", []any{user, fmt.Sprintf("user %d (renamed %d)", user, n)}
		}
		return "INSERT INTO tweets VALUES ($1, $2, now(), $3)", []any{1_000_000 + n, user, phrase(r, 8)}
	},
	read: func(r *rand.Rand) (string, []any) {
		return `SELECT * FROM timeline WHERE "user" = $1`, []any{1 + r.Int64N(200)}
	},
	try: []string{
		`SELECT name, text, time FROM timeline WHERE "user" = 42 LIMIT 10;`,
		`INSERT INTO tweets VALUES (7000000, 1, now(), 'typed by hand');`,
		`SELECT name, text FROM timeline(42) LIMIT 1;`,
		`UPDATE users SET name = 'somebody else' WHERE id = 1;`,
		`DELETE FROM tweets WHERE id = 7000000;`,
		`DELETE FROM follows WHERE follower_id = 42 AND followee_id = 1;`,
		`SELECT name, text FROM timeline(42) LIMIT 1;`,
		`EXPLAIN SELECT * FROM timeline WHERE "user" = 42;`,
		`SELECT name, text, time FROM timeline(43) LIMIT 10;`,
	},
}

var browsers = []string{"firefox", "chrome", "chrome", "chrome", "safari", "safari", "edge", "lynx"}

var pageviews = app{
	name:  "pageviews",
	about: "page views per url and hour with distinct visitors, by browser, and the ten top pages",
	load: func(l *loader) error {
		url := zipf(l.rng, pageURLs)
		n := l.size(200_000)
		return l.copy("events (time, url, browser, visitor)", n, func(i int) []any {
			return []any{l.before(n - i), fmt.Sprintf("/page/%d", url()), pick(l.rng, browsers...), l.rng.IntN(50_000)}
		})
	},
	event: func(r *rand.Rand, _ int64) (string, []any) {
		return "INSERT INTO events (time, url, browser, visitor) VALUES (now(), $1, $2, $3)",
			[]any{fmt.Sprintf("/page/%d", int(r.ExpFloat64()*20)%pageURLs), pick(r, browsers...), r.Int64N(50_000)}
	},
	read: func(*rand.Rand) (string, []any) { return "SELECT * FROM top_pages", nil },
	try: []string{
		`SELECT * FROM top_pages;`,
		`SELECT * FROM pageviews WHERE url = '/page/0' ORDER BY hour DESC LIMIT 5;`,
		`SELECT * FROM browsers ORDER BY views DESC;`,
	},
}

var posts = app{
	name:  "posts",
	about: "each post as one document: author, text, likes, shares and its three best comments as jsonb",
	load: func(l *loader) error {
		users, n := l.size(5_000), l.size(postCount)
		if err := l.copy("users", users, func(i int) []any { return []any{i + 1, "user " + fmt.Sprint(i+1)} }); err != nil {
			return err
		}
		if err := l.copy("posts", n, func(i int) []any {
			return []any{i + 1, 1 + l.rng.IntN(users), l.before(n - i), phrase(l.rng, 12)}
		}); err != nil {
			return err
		}
		if err := l.copy("likes", n*10, func(i int) []any { return []any{1 + i%n, 1 + i/n} }); err != nil {
			return err
		}
		return l.copy("comments", n*4, func(i int) []any {
			return []any{i + 1, 1 + l.rng.IntN(n), 1 + l.rng.IntN(users), phrase(l.rng, 6), l.rng.IntN(20)}
		})
	},
	event: func(r *rand.Rand, n int64) (string, []any) {
		post := 1 + r.Int64N(50)
		switch r.IntN(4) {
		case 0:
			return "INSERT INTO comments VALUES ($1, $2, $3, $4)", []any{1_000_000 + n, post, 1 + r.Int64N(50), phrase(r, 6)}
		case 1:
			return "UPDATE comments SET likes = likes + 1 WHERE id = $1", []any{1 + r.Int64N(200)}
		case 2:
			return "INSERT INTO shares VALUES ($1, $2, $3)", []any{n, post, 1 + r.Int64N(50)}
		}
		return "INSERT INTO likes VALUES ($1, $2) ON CONFLICT DO NOTHING", []any{post, 100 + r.Int64N(100_000)}
	},
	read: func(r *rand.Rand) (string, []any) {
		return "SELECT * FROM post_documents WHERE id = $1", []any{1 + r.Int64N(50)}
	},
	try: []string{
		`SELECT id, author, total_likes, total_shares, jsonb_pretty(top_comments) FROM post_documents WHERE id = 7;`,
		`UPDATE users SET name = 'somebody else' WHERE id = (SELECT author_id FROM posts WHERE id = 7);`,
		`SELECT id, author FROM post_documents WHERE id = 7;`,
	},
}

var wiki = app{
	name:  "wiki",
	about: "edit events to the current text of each page, the latest by time, in whatever order they arrive",
	load: func(l *loader) error {
		page := zipf(l.rng, wikiPages)
		n := l.size(50_000)
		return l.copy("edits", n, func(i int) []any {
			return []any{i + 1, fmt.Sprintf("Page %d", page()), l.before(n - i), fmt.Sprintf("editor %d", l.rng.IntN(300)), phrase(l.rng, 20)}
		})
	},
	event: func(r *rand.Rand, n int64) (string, []any) {
		if r.IntN(10) == 0 { // reverted
			return "DELETE FROM edits WHERE id = $1", []any{1_000_000 + n - 1}
		}
		return "INSERT INTO edits VALUES ($1, $2, now(), $3, $4)",
			[]any{1_000_000 + n, fmt.Sprintf("Page %d", r.IntN(20)), fmt.Sprintf("editor %d", r.IntN(300)), phrase(r, 20)}
	},
	read: func(r *rand.Rand) (string, []any) {
		return "SELECT * FROM pages WHERE page = $1", []any{fmt.Sprintf("Page %d", r.IntN(20))}
	},
	try: []string{
		`SELECT * FROM pages WHERE page = 'Page 1';`,
		`SELECT * FROM editors ORDER BY edits DESC LIMIT 5;`,
	},
}

var search = app{
	name:  "search",
	about: "an inverted index of profiles: term to ids; an edit takes the old terms back",
	load: func(l *loader) error {
		return l.copy("profiles", l.size(profileCount), func(i int) []any {
			return []any{i + 1, "user " + fmt.Sprint(i+1), phrase(l.rng, 6)}
		})
	},
	event: func(r *rand.Rand, _ int64) (string, []any) {
		return "UPDATE profiles SET bio = $2 WHERE id = $1", []any{2 + r.Int64N(90), phrase(r, 6)} // 1 is for who types
	},
	read: func(r *rand.Rand) (string, []any) {
		return "SELECT * FROM search WHERE term = $1", []any{"user"}
	},
	try: []string{
		`SELECT profiles, ids[1:10] FROM search WHERE term = 'teacher';`,
		`UPDATE profiles SET bio = 'streamsql user' WHERE id = 1;`,
		`SELECT * FROM search WHERE term = 'streamsql';`,
	},
}

var cart = app{
	name:  "cart",
	about: "cart events to the current carts and the totals of orders",
	load: func(l *loader) error {
		products := l.size(productCount)
		if err := l.copy("products", products, func(i int) []any {
			return []any{i + 1, pick(l.rng, words...) + " " + fmt.Sprint(i+1), fmt.Sprintf("%d.%02d", l.rng.IntN(100), l.rng.IntN(100))}
		}); err != nil {
			return err
		}
		carts := l.size(cartCount)
		return l.copy("cart_events", carts*6, func(i int) []any {
			if i%6 == 5 && i%12 == 5 {
				return []any{i + 1, 1 + i/6, "checkout", nil, 0}
			}
			return []any{i + 1, 1 + i/6, pick(l.rng, "add", "add", "update", "remove"), 1 + l.rng.IntN(products), 1 + l.rng.IntN(3)}
		})
	},
	event: func(r *rand.Rand, n int64) (string, []any) {
		kind := pick(r, "add", "add", "add", "add", "update", "remove", "checkout")
		return "INSERT INTO cart_events VALUES ($1, $2, $3, $4, $5)", []any{1_000_000 + n, 1 + r.Int64N(50), kind, 1 + r.Int64N(10), 1 + r.Int64N(3)}
	},
	read: func(r *rand.Rand) (string, []any) {
		return "SELECT * FROM cart WHERE cart_id = $1", []any{1 + r.Int64N(50)}
	},
	try: []string{
		`INSERT INTO cart_events VALUES (7000000, 4242, 'add', 1, 2);`,
		`SELECT * FROM cart WHERE cart_id = 4242;`,
		`INSERT INTO cart_events VALUES (7000001, 4242, 'checkout', NULL, 0);`,
		`SELECT * FROM orders WHERE cart_id = 4242;`,
		`SELECT * FROM orders ORDER BY order_id DESC LIMIT 5;`,
	},
}
