"""Yahoo Finance as a source of market data.

provider (batches, freshness) → facts, cache, endpoints (one request each) → parse (pure)
and client (signing) → answers, credentials, transport (the HTTP library).
"""
