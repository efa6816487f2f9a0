CREATE TABLE products (id int8 PRIMARY KEY, name text NOT NULL, price numeric(10,2) NOT NULL);
-- kind: add (quantity more), update (quantity instead), remove, checkout (the cart becomes an order)
CREATE TABLE cart_events (id int8 PRIMARY KEY, cart_id int8 NOT NULL, kind text NOT NULL CHECK (kind IN ('add', 'update', 'remove', 'checkout')),
    product_id int8, quantity int4 NOT NULL DEFAULT 0);

-- Each event with the order that it went into, if there was a checkout after it.
CREATE MATERIALIZED VIEW cart_lines AS
SELECT e.id, e.cart_id, e.kind, e.product_id, e.quantity, min(c.id) AS order_id
FROM cart_events e
LEFT JOIN cart_events c ON c.cart_id = e.cart_id AND c.kind = 'checkout' AND c.id > e.id
WHERE e.kind <> 'checkout'
GROUP BY e.id, e.cart_id, e.kind, e.product_id, e.quantity;

-- What counts of a product in a cart or order: the last update or remove, and the adds after it.
CREATE MATERIALIZED VIEW quantities AS
SELECT l.cart_id, l.order_id, l.product_id, sum(l.quantity) AS quantity
FROM cart_lines l
LEFT JOIN (SELECT cart_id, coalesce(order_id, 0) AS order_id, product_id, max(id) AS id
           FROM cart_lines WHERE kind IN ('update', 'remove') GROUP BY 1, 2, 3) s
  ON s.cart_id = l.cart_id AND s.order_id = coalesce(l.order_id, 0) AND s.product_id = l.product_id
WHERE l.kind <> 'remove' AND l.id >= coalesce(s.id, 0)
GROUP BY l.cart_id, l.order_id, l.product_id;

CREATE MATERIALIZED VIEW cart AS
SELECT q.cart_id, p.name AS product, q.quantity, q.quantity * p.price AS price
FROM quantities q JOIN products p ON p.id = q.product_id
WHERE q.order_id IS NULL AND q.quantity > 0;

CREATE MATERIALIZED VIEW orders AS
SELECT q.order_id, q.cart_id, count(*) AS lines, sum(q.quantity * p.price) AS total
FROM quantities q JOIN products p ON p.id = q.product_id
WHERE q.order_id IS NOT NULL AND q.quantity > 0
GROUP BY q.order_id, q.cart_id;
