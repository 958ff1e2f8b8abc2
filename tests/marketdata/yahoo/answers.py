"""Answers in Yahoo's shapes, written by hand; names and numbers are made up."""

from __future__ import annotations

from typing import Any

from tests.marketdata.yahoo.server import Call, FakeYahoo

ACME: dict[str, Any] = {
    "language": "en-US",
    "quoteType": "EQUITY",
    "symbol": "ACME",
    "longName": "Acme Corporation",
    "shortName": "Acme",
    "currency": "USD",
    "marketState": "REGULAR",
    "priceHint": 2,
    "regularMarketPrice": 150.25,
    "regularMarketChange": 2.15,
    "regularMarketChangePercent": 1.4517,
    "regularMarketOpen": 148.5,
    "regularMarketDayHigh": 151.0,
    "regularMarketDayLow": 147.75,
    "regularMarketVolume": 1234567,
    "averageDailyVolume3Month": 2345678,
    "fiftyTwoWeekHigh": 180,
    "fiftyTwoWeekLow": 90.5,
    "marketCap": 2_500_000_000_000,
    "trailingPE": 30.5,
    "epsTrailingTwelveMonths": 4.93,
    "preMarketPrice": 149.0,
    "postMarketPrice": 151.5,
    "companyLogoUrl": "https://logos.example/acme.png",
}


def quotes(*rows: Any) -> dict[str, Any]:
    return {"quoteResponse": {"result": list(rows), "error": None}}


def quotes_of_request(call: Call) -> dict[str, Any]:
    """A row for every symbol asked for."""
    return quotes(*({**ACME, "symbol": symbol} for symbol in call.query["symbols"].split(",")))


def modules(**found: Any) -> dict[str, Any]:
    return {"quoteSummary": {"result": [found], "error": None}}


PERFORMANCE: dict[str, Any] = {
    "maxAge": 1,
    "performanceOverview": {
        "fiveDaysReturn": -0.0125,
        "oneMonthReturn": {"raw": 0.0225, "fmt": "2.25%"},
        "threeMonthReturn": {},
        "sixMonthReturn": None,
        "ytdReturnPct": 0.05,
        "oneYearTotalReturn": 0.25,
        "threeYearTotalReturn": 0.5,
        "fiveYearTotalReturn": 1,
        "tenYearTotalReturn": "NaN",
        "maxReturn": 22.5,
    },
}
RETURNS = modules(quoteUnadjustedPerformanceOverview=PERFORMANCE)
STOCK = modules(
    assetProfile={
        "sector": "Technology",
        "industry": "Anvils",
        "longBusinessSummary": "Acme makes\nanvils.",
        "fullTimeEmployees": 1500,
    },
    summaryDetail={
        "beta": 1.2,
        "dividendRate": 1.04,
        "dividendYield": 0.0041,
        "exDividendDate": 1739145600,
    },
    defaultKeyStatistics={"lastDividendValue": 0.26, "category": None},
    calendarEvents={"earnings": {"earningsDate": [1746010740, 1746446400]}},
    quoteUnadjustedPerformanceOverview=PERFORMANCE,
)
FUND = modules(
    summaryDetail={
        "yield": {"raw": 0.0054, "fmt": "0.54%"},
        "totalAssets": {"raw": 3000000000, "fmt": "3B", "longFmt": "3,000,000,000"},
        "navPrice": {"raw": 526.07, "fmt": "526.07"},
        "beta": {},
        "dividendRate": {},
        "trailingAnnualDividendRate": {"raw": 1.77, "fmt": "1.77"},
    },
    defaultKeyStatistics={
        "beta3Year": {"raw": 1.16, "fmt": "1.16"},
        "category": "Large Growth",
        "fundInceptionDate": {"raw": 921024000, "fmt": "1999-03-10"},
        "lastCapGain": {"raw": 0.5, "fmt": "0.50"},
        "morningStarOverallRating": {"raw": 4, "fmt": "4"},
        "morningStarRiskRating": {"raw": 0, "fmt": None},
    },
    fundProfile={
        "feesExpensesInvestment": {
            "annualReportExpenseRatio": {"raw": 0.002, "fmt": "0.20%"},
            "annualHoldingsTurnover": {"raw": 0.0807, "fmt": "8.07%"},
        }
    },
)


def finance(*result: Any) -> dict[str, Any]:
    return {"finance": {"result": list(result), "error": None}}


SIMILAR = finance(
    {
        "symbol": "ACME",
        "recommendedSymbols": [
            {"symbol": "WILE", "score": 0.3},
            {"symbol": "ACME", "score": 0.2},
            {"symbol": "not a symbol", "score": 0.2},
            {"symbol": "road", "score": 0.1},
        ],
    }
)
MOVERS = finance({"canonicalName": "MOST_ACTIVES", "quotes": [ACME, {**ACME, "symbol": "WILE"}]})
SEARCH = {
    "quotes": [],
    "news": [
        {
            "title": "Older",
            "publisher": "The Paper",
            "link": "https://news.example/older",
            "providerPublishTime": 1740442800,
        },
        {
            "title": "Newer \u202egnp",
            "publisher": "The Paper",
            "link": "https://news.example/newer",
            "providerPublishTime": 1740442900,
            "thumbnail": {
                "resolutions": [
                    {"url": "https://img.example/large.jpg", "width": 2000, "height": 1000},
                    {"url": "https://img.example/small.jpg", "width": 140, "height": 140},
                ]
            },
        },
        {"title": "No link", "publisher": "The Paper"},
        "not an item",
    ],
}
STREAM = {
    "status": "OK",
    "data": {
        "tickerStream": {
            "stream": [
                {"id": "1", "ad": [{"x": 1}], "content": {"title": "Buy!"}},
                {"id": "2", "content": None},
                {
                    "id": "3",
                    "content": {
                        "title": "From the stream",
                        "pubDate": "2025-10-29T20:33:56Z",
                        "provider": {"displayName": "The Wire"},
                        "canonicalUrl": None,
                        "clickThroughUrl": {"url": "https://news.example/stream"},
                        "thumbnail": {
                            "originalUrl": "https://img.example/o.jpg",
                            "resolutions": None,
                        },
                    },
                },
            ]
        }
    },
}
RSS = b"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"><channel><title>News</title>
<item><title>Standard date &amp; more</title><link>https://news.example/1</link>
<pubDate>Wed, 15 Jul 2026 20:35:00 +0000</pubDate></item>
<item><title>ISO date</title><link>https://news.example/2</link>
<pubDate>2026-07-15T21:35:00Z</pubDate><source url="https://s.example/">The Source</source>
<media:content height="86" url="https://img.example/2.jpg" width="130"/></item>
<item><title>No link</title></item>
<item><title>Bad date</title><link>https://news.example/3</link><pubDate>soon</pubDate></item>
</channel></rss>"""


def sector(**performance: Any) -> dict[str, Any]:
    return {"data": {"key": "technology", "performance": performance}}


SECTOR = sector(
    regMarketChangePercent={"raw": 0.0125, "fmt": "1.25%"},
    ytdChangePercent={"raw": -0.05, "fmt": "-5.00%"},
    oneYearChangePercent={"raw": 0.1, "fmt": "10.00%"},
    threeYearChangePercent={"raw": 1.1, "fmt": "110.00%"},
    fiveYearChangePercent={},
)


def serve_everything(yahoo: FakeYahoo) -> None:
    """Good answers on every endpoint; every symbol is known."""
    sectors = (
        "basic-materials communication-services consumer-cyclical consumer-defensive energy "
        "financial-services healthcare industrials real-estate technology utilities"
    )
    yahoo.routes |= {
        "/v7/finance/quote": quotes_of_request,
        "/v10/finance/quoteSummary/ACME": STOCK,
        "/v6/finance/recommendationsbysymbol/ACME": SIMILAR,
        "/v1/finance/screener/predefined/saved": MOVERS,
        "/v1/finance/search": SEARCH,
        "/xhr/ncp": STREAM,
        "/news/rssindex": RSS,
        **{f"/v1/finance/sectors/{key}": SECTOR for key in sectors.split()},
    }
