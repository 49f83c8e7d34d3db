"""Sends one event of each kind with Segment's Python client."""

import sys

import segment.analytics as analytics

host, key = sys.argv[1], sys.argv[2]
failures = []
analytics.write_key = key
analytics.host = host
analytics.gzip = True
analytics.on_error = lambda error, items: failures.append(str(error))
analytics.identify("py-user", {"tier": "gold", "points": 120})
analytics.track("py-user", "Order Completed", {"order_id": "o-9", "revenue": 54.9, "name": "Gr\u00fc\u00dfe \U0001F407"})
analytics.page("py-user", "Dogs", "Home", {"url": "https://shop.example/"})
analytics.group("py-user", "py-group", {"plan": "pro"})
analytics.alias("py-anonymous", "py-user")
for number in range(250):
    analytics.track("py-user", "Product Viewed", {"number": number})
analytics.flush()
analytics.shutdown()
if failures:
    sys.exit("; ".join(failures))
