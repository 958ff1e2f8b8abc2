"""The endpoints as AsyncAPI channels, their messages, and who sends them.

Source: https://www.asyncapi.com/docs/reference/specification/v3.0.0
"""

from __future__ import annotations

from typing import Any, Final

from streams.asyncapi.schemas import ref
from streams.asyncapi.service import Service
from streams.meanings import ERRORS
from streams.subscriptions import Endpoint

Part = dict[str, Any]

JSON: Final = "application/json"
_BINDINGS: Final = {"ws": {"method": "GET", "bindingVersion": "0.1.0"}}


def build_channels(service: Service) -> dict[str, Part]:
    """By the endpoints' names."""
    channels = {
        Endpoint.PROFILE: _channel(
            "/profile/{symbol}",
            "One instrument: its quote with all facts, similar ones, its sector, its news.",
            ["profile", "error"],
        ),
        Endpoint.QUOTES: _channel(
            "/quotes",
            f"Quotes of up to {service.max_symbols} symbols. The client names them in its first "
            f"message, within {service.subscribe_timeout_seconds:g} s, and may change them later.",
            ["quotes", "error", "symbols", "setCommand"],
        ),
        Endpoint.MARKET: _channel(
            "/market",
            "Most active stocks, gainers, losers, indices, headlines, sectors.",
            ["market"],
        ),
        Endpoint.HOURS: _channel(
            "/hours", "Whether the US stock market is open, and why.", ["hours"]
        ),
    }
    channels[Endpoint.PROFILE]["parameters"] = {
        "symbol": {
            "description": "A ticker, percent-encoded, in any case.",
            "examples": ["AAPL", "BTC-USD", "%5EGSPC"],
        }
    }
    return {str(endpoint): channel for endpoint, channel in channels.items()}


def _channel(address: str, description: str, messages: list[str]) -> Part:
    return {
        "address": address,
        "title": address,
        "description": description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": _BINDINGS,
    }


def build_operations(service: Service) -> dict[str, Part]:
    """Seen from the server, as AsyncAPI wants it: it sends data and receives symbols."""
    then = f"then every {service.refresh_seconds:g} s."
    every = f"At once on connecting, {then}"
    return {
        "sendProfile": _operation("send", Endpoint.PROFILE, every, ["profile", "error"]),
        "sendQuotes": _operation(
            "send", Endpoint.QUOTES, f"At once on each change of the symbols, {then}", ["quotes"]
        ),
        "sendMarket": _operation("send", Endpoint.MARKET, every, ["market"]),
        "sendHours": _operation("send", Endpoint.HOURS, every, ["hours"]),
        "receiveSymbols": {
            **_operation(
                "receive",
                Endpoint.QUOTES,
                "A list replaces the connection's symbols, a command changes them.",
                ["symbols", "setCommand"],
            ),
            "reply": {
                "channel": {"$ref": "#/channels/quotes"},
                "messages": _messages_of(Endpoint.QUOTES, ["quotes", "error"]),
            },
        },
    }


def _operation(action: str, endpoint: Endpoint, summary: str, messages: list[str]) -> Part:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{endpoint}"},
        "summary": summary,
        "messages": _messages_of(endpoint, messages),
    }


def _messages_of(endpoint: Endpoint, messages: list[str]) -> list[Part]:
    return [{"$ref": f"#/channels/{endpoint}/messages/{name}"} for name in messages]


def build_messages(service: Service) -> dict[str, Part]:
    """By name; the payloads are references to the schemas."""
    too_many = f"A connection may follow {service.max_symbols} symbols at most, not 999."
    error = {"error": {"code": "too_many_symbols", "message": too_many}}
    return {
        "profile": _message("Profile", "A profile."),
        "quotes": _message("Quotes", "Quotes; symbols that nobody knows are left out."),
        "market": _message("Market", "The market."),
        "hours": _message("Hours", "The market's hours."),
        "error": _message("Error", "What the client sent cannot be followed.", error)
        | {"x-codes": dict(ERRORS)},
        "symbols": _message("Symbols", "The symbols to follow.", "AAPL,MSFT,^GSPC")
        | {"contentType": "text/plain"},
        "setCommand": _message(
            "SetCommand", "Symbols to add and to take away.", {"subscribe": ["NVDA"]}
        ),
    }


def _message(schema: str, summary: str, *examples: Any) -> Part:
    message: Part = {
        "name": schema,
        "title": schema,
        "summary": summary,
        "contentType": JSON,
        "payload": ref(schema),
    }
    if examples:
        message["examples"] = [{"payload": example} for example in examples]
    return message
