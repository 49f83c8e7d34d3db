-- What `tailorbird train` counts, over the events that `tailorbird drain` keeps in PostgreSQL.
--
--   psql -v ON_ERROR_STOP=1 -f postgres.sql DATABASE      makes the views below; run it again after an update
--   psql -c "\copy (SELECT * FROM tailorbird_next) TO 'counts/next.csv' CSV HEADER" DATABASE
--   … and the same for tailorbird_looks, tailorbird_together, tailorbird_trending, tailorbird_upsell, tailorbird_goods
--   and tailorbird_rhythms
--   tailorbird train --counts counts/ --out model/
--
-- The numbers in tailorbird_counting are the trainer's defaults; `train` on a sample of the events finds better ones
-- and notes them in settings.json beside the manifest.

CREATE OR REPLACE VIEW tailorbird_counting AS
SELECT 4 AS steps, 1.5::float8 AS fade, 0.3::float8 AS back, 1.0::float8 AS half_life, 3.0::float8 AS trending_days;

-- One row for each look at a product; a session ends with a pause of half an hour, and looking again at what one is
-- looking at is one look.
CREATE OR REPLACE VIEW tailorbird_sessions AS
WITH looks AS (
    SELECT coalesce(nullif(anonymous_id, ''), user_id) AS visitor, properties ->> 'product_id' AS item,
        happened_at AS at, received_at, message_id
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added')
        AND properties ->> 'product_id' <> ''
), begun AS (
    SELECT *, CASE WHEN at - lag(at) OVER visits < interval '30 minutes' THEN 0 ELSE 1 END AS begins
    FROM looks WINDOW visits AS (PARTITION BY visitor ORDER BY at, received_at, message_id)
), numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY visitor ORDER BY at, received_at, message_id) AS visit FROM begun
), distinct_looks AS (
    SELECT *, lag(item) OVER (PARTITION BY visitor, visit ORDER BY at, received_at, message_id) AS before,
        max(at) OVER (PARTITION BY visitor, visit) AS ended
    FROM numbered
)
SELECT visitor, visit, item, ended,
    row_number() OVER (PARTITION BY visitor, visit ORDER BY at, received_at, message_id) AS place
FROM distinct_looks WHERE before IS DISTINCT FROM item;

-- How often each product was looked at.
CREATE OR REPLACE VIEW tailorbird_looks AS
SELECT item, count(*) AS looks FROM tailorbird_sessions GROUP BY item;

-- How strongly `other` follows `item`: near in the session, lately, and weaker the other way round.
CREATE OR REPLACE VIEW tailorbird_next AS
WITH ages AS (
    SELECT visitor, visit, row_number() OVER (ORDER BY max(ended), visitor, visit) - 1 AS nth,
        count(*) OVER () AS sessions
    FROM tailorbird_sessions GROUP BY visitor, visit
), pairs AS (
    SELECT one.item AS earlier, two.item AS later, power(two.place - one.place, -fade)
        * power(2, -(sessions - nth) / (half_life * sessions)) AS weight, back
    FROM tailorbird_counting, tailorbird_sessions AS one
    JOIN tailorbird_sessions AS two USING (visitor, visit)
    JOIN ages USING (visitor, visit)
    WHERE two.place > one.place AND two.place <= one.place + steps AND one.item <> two.item
)
SELECT item, other, sum(weight) AS weight FROM (
    SELECT earlier AS item, later AS other, weight FROM pairs
    UNION ALL
    SELECT later, earlier, weight * back FROM pairs
) AS both_ways GROUP BY item, other;

-- The products of each order; of an order whose confirmation was loaded again, those of the first time.
CREATE OR REPLACE VIEW tailorbird_orders AS
WITH first_events AS (
    SELECT DISTINCT ON (visitor, ordered) visitor, ordered, happened_at AS at, products FROM (
        SELECT coalesce(nullif(anonymous_id, ''), user_id) AS visitor,
            coalesce(nullif(properties ->> 'order_id', ''), message_id) AS ordered, happened_at, received_at, message_id,
            CASE jsonb_typeof(properties -> 'products') WHEN 'array' THEN properties -> 'products' ELSE '[]' END AS products
        FROM tailorbird_events WHERE type = 'track' AND name = 'Order Completed'
    ) AS events ORDER BY visitor, ordered, happened_at, received_at, message_id
)
SELECT visitor, ordered, at, product ->> 'product_id' AS item, count(*) AS lines
FROM first_events, jsonb_array_elements(products) AS product
WHERE product ->> 'product_id' <> '' GROUP BY visitor, ordered, at, item;

-- Category and price of each product as events told them last. A shop whose products are in a table of its own puts a
-- view over that in this one's place: levels of a category are parted by `/`.
CREATE OR REPLACE VIEW tailorbird_goods AS
WITH told AS (
    SELECT properties AS product, happened_at AS at, received_at, message_id, 0::bigint AS place
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added')
    UNION ALL
    SELECT product, happened_at, received_at, message_id, place
    FROM tailorbird_events, jsonb_array_elements(
        CASE jsonb_typeof(properties -> 'products') WHEN 'array' THEN properties -> 'products' ELSE '[]' END
    ) WITH ORDINALITY AS listed (product, place)
    WHERE type = 'track' AND name = 'Order Completed'
), read AS (
    SELECT product ->> 'product_id' AS item, (
        SELECT string_agg(level, '/' ORDER BY nth) FROM (
            SELECT btrim(level) AS level, nth
            FROM regexp_split_to_table(product ->> 'category', '[/>]') WITH ORDINALITY AS levels (level, nth)
            WHERE btrim(level) <> '' ORDER BY nth LIMIT 8
        ) AS levels
    ) AS category, substring(product ->> 'price' FROM '^\s*([0-9]+\.?[0-9]*|\.[0-9]+)\s*$')::float8 AS price,
        at, received_at, message_id, place
    FROM told WHERE product ->> 'product_id' <> ''
)
SELECT item,
    (array_agg(category ORDER BY at DESC, received_at DESC, message_id DESC, place DESC)
        FILTER (WHERE category IS NOT NULL))[1] AS category,
    (array_agg(price ORDER BY at DESC, received_at DESC, message_id DESC, place DESC) FILTER (WHERE price > 0))[1] AS price
FROM read GROUP BY item;

-- In how many orders two products were together, of orders of at most forty products, and in how many each was.
CREATE OR REPLACE VIEW tailorbird_together AS
WITH small AS (
    SELECT visitor, ordered FROM tailorbird_orders GROUP BY visitor, ordered HAVING count(*) <= 40
), bought AS (
    SELECT item, count(*) AS orders FROM tailorbird_orders GROUP BY item
)
SELECT one.item, two.item AS other, count(*) AS orders, min(a.orders) AS item_orders, min(b.orders) AS other_orders
FROM small JOIN tailorbird_orders AS one USING (visitor, ordered) JOIN tailorbird_orders AS two USING (visitor, ordered)
JOIN bought AS a ON a.item = one.item JOIN bought AS b ON b.item = two.item
WHERE one.item <> two.item GROUP BY one.item, two.item HAVING count(*) >= 2;

-- Demand: looks 1, added to the cart 3, bought 5, half as much with every three days.
CREATE OR REPLACE VIEW tailorbird_trending AS
WITH newest AS (
    SELECT max(happened_at) AS at FROM tailorbird_events
), deeds AS (
    SELECT properties ->> 'product_id' AS item, CASE name WHEN 'Product Added' THEN 3 ELSE 1 END AS weight, happened_at
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added')
        AND properties ->> 'product_id' <> ''
    UNION ALL
    SELECT item, 5 * lines, at FROM tailorbird_orders
)
SELECT item, sum(weight * power(2, -extract(epoch FROM newest.at - happened_at)::float8 / 86400 / trending_days)) AS demand
FROM deeds, newest, tailorbird_counting GROUP BY item;

-- In how many sessions `item` was looked at and not bought, and in how many of these `other` was bought. Which of them
-- are the better choice, of the same category and dearer, the trainer tells by tailorbird_goods and its catalogue.
CREATE OR REPLACE VIEW tailorbird_upsell AS
WITH deeds AS (
    SELECT coalesce(nullif(anonymous_id, ''), user_id) AS visitor, properties ->> 'product_id' AS item,
        happened_at AS at, CASE name WHEN 'Product Added' THEN 'took' ELSE 'looked' END AS deed
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added')
        AND properties ->> 'product_id' <> ''
    UNION ALL
    SELECT visitor, item, at, 'bought' FROM tailorbird_orders
), begun AS (
    SELECT *, CASE WHEN at - lag(at) OVER (PARTITION BY visitor ORDER BY at) < interval '30 minutes' THEN 0 ELSE 1 END AS begins
    FROM deeds
), numbered AS (
    SELECT visitor, item, deed, sum(begins) OVER (PARTITION BY visitor ORDER BY at) AS visit FROM begun
), bought AS (
    SELECT DISTINCT visitor, visit, item FROM numbered WHERE deed = 'bought'
), left_behind AS (
    SELECT visitor, visit, item FROM numbered WHERE deed = 'looked' EXCEPT SELECT visitor, visit, item FROM bought
), lookers AS (
    SELECT item, count(*) AS sessions FROM left_behind GROUP BY item
)
SELECT one.item, other.item AS other, count(*) AS chosen, min(lookers.sessions) AS lookers
FROM left_behind AS one JOIN bought AS other USING (visitor, visit) JOIN lookers ON lookers.item = one.item
GROUP BY one.item, other.item HAVING count(*) >= 2;

-- How many days lie between purchases of the same product, and of the same category at every level: their median, and
-- the median of the distances from it. Two orders within a day are one purchase.
CREATE OR REPLACE VIEW tailorbird_rhythms AS
WITH bought AS (
    SELECT 'product' AS kind, item AS name, visitor, at FROM tailorbird_orders
    UNION
    SELECT 'category', array_to_string((string_to_array(category, '/'))[1:depth], '/'), visitor, at
    FROM tailorbird_orders JOIN tailorbird_goods USING (item),
        generate_series(1, array_length(string_to_array(category, '/'), 1)) AS depth
), intervals AS (
    SELECT kind, name,
        extract(epoch FROM at - lag(at) OVER (PARTITION BY kind, name, visitor ORDER BY at))::float8 / 86400 AS days
    FROM bought
), middles AS (
    SELECT kind, name, count(*) AS intervals, percentile_cont(0.5) WITHIN GROUP (ORDER BY days) AS days
    FROM intervals WHERE days >= 1 GROUP BY kind, name
)
SELECT kind, name, min(middles.intervals) AS intervals, min(middles.days) AS days,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(intervals.days - middles.days)) AS spread
FROM intervals JOIN middles USING (kind, name) WHERE intervals.days >= 1 GROUP BY kind, name;
