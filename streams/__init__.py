"""Pushes market data to WebSocket clients: everything that knows Django and Channels."""
