"""The sources of market data, and the one function that picks one by name."""
