"""Where market data comes from: plain Python that knows no web framework."""
