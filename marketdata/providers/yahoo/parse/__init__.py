"""Yahoo's JSON and RSS to domain structs: pure functions, one module per group of endpoints.

Each function takes a decoded body of any shape whatsoever and returns domain values, or
raises MalformedAnswer (the envelope is not the known one) or NotFound (Yahoo says so).
Inside a good envelope a wrong row loses that row, a wrong value that field, nothing more.
"""
