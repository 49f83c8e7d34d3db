-- What `tailorbird train` counts, for ClickHouse: the same views as in postgres.sql, over the same table.
--
-- ClickHouse reads the drained table where it is, or a copy of it:
--   CREATE TABLE tailorbird_events ENGINE = PostgreSQL('host:5432', 'database', 'tailorbird_events', 'user', 'password');
-- or the files of `tailorbird drain --to DIR` (and so anything on S3, with s3() in file()'s place):
--   CREATE VIEW tailorbird_events AS SELECT parseDateTime64BestEffort(timestamp, 3) AS happened_at,
--     parseDateTime64BestEffort(receivedAt, 3) AS received_at, messageId AS message_id, type, event AS name,
--     anonymousId AS anonymous_id, userId AS user_id, properties
--   FROM file('events-*.ndjson', JSONEachRow, 'timestamp String, receivedAt String, messageId String, type String, event String, anonymousId String, userId String, properties String');
--
--   clickhouse client --multiquery < clickhouse.sql
--   clickhouse client -q "SELECT * FROM tailorbird_next INTO OUTFILE 'counts/next.csv' FORMAT CSVWithNames"
--   … and the same for tailorbird_looks, tailorbird_together, tailorbird_trending, tailorbird_upsell, tailorbird_goods
--   and tailorbird_rhythms
--   tailorbird train --counts counts/ --out model/

CREATE OR REPLACE VIEW tailorbird_counting AS
SELECT 4 AS steps, 1.5 AS fade, 0.3 AS back, 1.0 AS half_life, 3.0 AS trending_days;

CREATE OR REPLACE VIEW tailorbird_sessions AS
WITH looks AS (
    SELECT if(coalesce(anonymous_id, '') != '', anonymous_id, user_id) AS visitor,
        JSONExtractString(properties, 'product_id') AS item, happened_at AS at, received_at, message_id
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added') AND item != ''
), begun AS (
    SELECT *, if(row_number() OVER visits = 1
        OR at >= lagInFrame(at) OVER (PARTITION BY visitor ORDER BY at, received_at, message_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) + INTERVAL 30 MINUTE, 1, 0) AS begins
    FROM looks WINDOW visits AS (PARTITION BY visitor ORDER BY at, received_at, message_id)
), numbered AS (
    SELECT *, sum(begins) OVER (PARTITION BY visitor ORDER BY at, received_at, message_id) AS visit FROM begun
), distinct_looks AS (
    SELECT *, lagInFrame(item) OVER (PARTITION BY visitor, visit ORDER BY at, received_at, message_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before,
        max(at) OVER (PARTITION BY visitor, visit) AS ended
    FROM numbered
)
SELECT visitor, visit, item, ended,
    row_number() OVER (PARTITION BY visitor, visit ORDER BY at, received_at, message_id) AS place
FROM distinct_looks WHERE before != item;

CREATE OR REPLACE VIEW tailorbird_looks AS
SELECT item, count() AS looks FROM tailorbird_sessions GROUP BY item;

CREATE OR REPLACE VIEW tailorbird_next AS
WITH ages AS (
    SELECT visitor, visit, row_number() OVER (ORDER BY ended, visitor, visit) - 1 AS nth, count() OVER () AS sessions
    FROM (SELECT visitor, visit, max(ended) AS ended FROM tailorbird_sessions GROUP BY visitor, visit)
), pairs AS (
    SELECT one.item AS earlier, two.item AS later,
        pow(toFloat64(two.place) - toFloat64(one.place), -fade)
            * pow(2, -(toFloat64(sessions) - toFloat64(nth)) / (half_life * sessions)) AS weight,
        back
    FROM tailorbird_sessions AS one
    JOIN tailorbird_sessions AS two ON one.visitor = two.visitor AND one.visit = two.visit
    JOIN ages ON ages.visitor = one.visitor AND ages.visit = one.visit
    CROSS JOIN tailorbird_counting
    WHERE two.place > one.place AND two.place <= one.place + steps AND one.item != two.item
)
SELECT item, other, sum(weight) AS weight FROM (
    SELECT earlier AS item, later AS other, weight FROM pairs
    UNION ALL
    SELECT later AS item, earlier AS other, weight * back AS weight FROM pairs
) GROUP BY item, other;

CREATE OR REPLACE VIEW tailorbird_orders AS
WITH first_events AS (
    SELECT if(coalesce(anonymous_id, '') != '', anonymous_id, user_id) AS visitor,
        if(JSONExtractString(properties, 'order_id') != '', JSONExtractString(properties, 'order_id'), message_id) AS ordered,
        happened_at AS at, JSONExtractArrayRaw(coalesce(properties, ''), 'products') AS products
    FROM tailorbird_events WHERE type = 'track' AND name = 'Order Completed'
    ORDER BY happened_at, received_at, message_id LIMIT 1 BY visitor, ordered
)
SELECT visitor, ordered, at, JSONExtractString(product, 'product_id') AS item, count() AS lines
FROM first_events ARRAY JOIN products AS product
WHERE item != '' GROUP BY visitor, ordered, at, item;

CREATE OR REPLACE VIEW tailorbird_together AS
WITH small AS (
    SELECT visitor, ordered FROM tailorbird_orders GROUP BY visitor, ordered HAVING count() <= 40
), bought AS (
    SELECT item, count() AS orders FROM tailorbird_orders GROUP BY item
)
SELECT one.item AS item, two.item AS other, count() AS orders, min(a.orders) AS item_orders, min(b.orders) AS other_orders
FROM small
JOIN tailorbird_orders AS one ON one.visitor = small.visitor AND one.ordered = small.ordered
JOIN tailorbird_orders AS two ON two.visitor = small.visitor AND two.ordered = small.ordered
JOIN bought AS a ON a.item = one.item
JOIN bought AS b ON b.item = two.item
WHERE one.item != two.item GROUP BY one.item, two.item HAVING count() >= 2;

CREATE OR REPLACE VIEW tailorbird_trending AS
WITH deeds AS (
    SELECT JSONExtractString(properties, 'product_id') AS item, if(name = 'Product Added', 3, 1) AS weight, happened_at AS at
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added') AND item != ''
    UNION ALL
    SELECT item, 5 * lines AS weight, at FROM tailorbird_orders
)
SELECT item, sum(weight * pow(2, -dateDiff('millisecond', at, newest) / 86400000 / trending_days)) AS demand
FROM deeds CROSS JOIN (SELECT max(happened_at) AS newest FROM tailorbird_events) AS latest CROSS JOIN tailorbird_counting
GROUP BY item;

CREATE OR REPLACE VIEW tailorbird_goods AS
WITH told AS (
    SELECT coalesce(properties, '') AS product, happened_at AS at, received_at, message_id, 0 AS place
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added')
    UNION ALL
    SELECT product, happened_at AS at, received_at, message_id, place
    FROM tailorbird_events
    ARRAY JOIN JSONExtractArrayRaw(coalesce(properties, ''), 'products') AS product,
        arrayEnumerate(JSONExtractArrayRaw(coalesce(properties, ''), 'products')) AS place
    WHERE type = 'track' AND name = 'Order Completed'
), said AS (
    SELECT JSONExtractString(product, 'product_id') AS item, arrayStringConcat(arraySlice(arrayFilter(level -> level != '',
            arrayMap(level -> trimBoth(level), splitByRegexp('[/>]', JSONExtractString(product, 'category')))), 1, 8), '/') AS said_category,
        if(JSONExtractFloat(product, 'price') != 0, JSONExtractFloat(product, 'price'),
            toFloat64OrZero(trimBoth(JSONExtractString(product, 'price')))) AS said_price,
        (at, received_at, message_id, place) AS moment
    FROM told WHERE item != ''
)
SELECT item, argMaxIf(said_category, moment, said_category != '') AS category, argMaxIf(said_price, moment, said_price > 0) AS price
FROM said GROUP BY item;

CREATE OR REPLACE VIEW tailorbird_upsell AS
WITH deeds AS (
    SELECT if(coalesce(anonymous_id, '') != '', anonymous_id, user_id) AS visitor,
        JSONExtractString(properties, 'product_id') AS item, happened_at AS at, if(name = 'Product Added', 'took', 'looked') AS deed
    FROM tailorbird_events
    WHERE type = 'track' AND name IN ('Product Viewed', 'Product Clicked', 'Product Added') AND item != ''
    UNION ALL
    SELECT visitor, item, at, 'bought' AS deed FROM tailorbird_orders
), begun AS (
    SELECT *, if(row_number() OVER visits = 1
        OR at >= lagInFrame(at) OVER (PARTITION BY visitor ORDER BY at, deed, item ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) + INTERVAL 30 MINUTE, 1, 0) AS begins
    FROM deeds WINDOW visits AS (PARTITION BY visitor ORDER BY at, deed, item)
), numbered AS (
    SELECT visitor, item, deed, sum(begins) OVER (PARTITION BY visitor ORDER BY at, deed, item) AS visit FROM begun
), deeds_of_visits AS (
    SELECT visitor, visit, item, max(deed = 'looked') AS looked, max(deed = 'bought') AS bought
    FROM numbered GROUP BY visitor, visit, item
), left_behind AS (
    SELECT visitor, visit, item FROM deeds_of_visits WHERE looked AND NOT bought
), lookers AS (
    SELECT item, count() AS sessions FROM left_behind GROUP BY item
)
SELECT one.item AS item, two.item AS other, count() AS chosen, min(lookers.sessions) AS lookers
FROM left_behind AS one
JOIN (SELECT visitor, visit, item FROM deeds_of_visits WHERE bought) AS two ON two.visitor = one.visitor AND two.visit = one.visit
JOIN lookers ON lookers.item = one.item
GROUP BY one.item, two.item HAVING count() >= 2;

CREATE OR REPLACE VIEW tailorbird_rhythms AS
WITH bought AS (
    SELECT 'product' AS kind, item AS name, visitor, at FROM tailorbird_orders
    UNION DISTINCT
    SELECT 'category' AS kind, arrayStringConcat(arraySlice(splitByChar('/', category), 1, depth), '/') AS name, visitor, at
    FROM (SELECT visitor, at, goods.category AS category FROM tailorbird_orders AS orders JOIN tailorbird_goods AS goods ON goods.item = orders.item
        WHERE goods.category != '')
    ARRAY JOIN arrayEnumerate(splitByChar('/', category)) AS depth
), intervals AS (
    SELECT kind, name, if(row_number() OVER again = 1, 0, dateDiff('millisecond',
        lagInFrame(at) OVER (PARTITION BY kind, name, visitor ORDER BY at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), at) / 86400000) AS days
    FROM bought WINDOW again AS (PARTITION BY kind, name, visitor ORDER BY at)
)
SELECT kind, name, length(listed) AS intervals, arrayReduce('quantileExactInclusive(0.5)', listed) AS days,
    arrayReduce('quantileExactInclusive(0.5)', arrayMap(one -> abs(one - days), listed)) AS spread
FROM (SELECT kind, name, groupArray(days) AS listed FROM intervals WHERE days >= 1 GROUP BY kind, name);
