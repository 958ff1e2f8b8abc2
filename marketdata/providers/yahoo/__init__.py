"""Yahoo Finance as a source of market data.

provider → quote_batches (quotes, in turns) and facts (all else, kept while fresh) → endpoints
(one request each) → guard (breakers, budget, retries), parse (pure) and client (signing) →
credentials, answers, transport (the HTTP library). Beside them, streamer (pushed prices).
"""
