"""v10/finance/quoteSummary: the slow facts of one instrument, in modules that may be missing.

Unit table: yields, ratios of funds and returns are fractions (0.0041 is 0.41 %), dates are
seconds since 1970, money is in the instrument's currency.
"""

from __future__ import annotations

from typing import Any

from marketdata.domain.quote import QuoteDetail, Returns
from marketdata.providers.yahoo.parse.envelopes import open_single
from marketdata.providers.yahoo.parse.values import (
    Table,
    at,
    count,
    day,
    number,
    percent,
    positive,
    prose,
    read,
    stars,
    text,
    url,
)

RETURNS_MODULE = "quoteUnadjustedPerformanceOverview"
DETAIL_MODULES = (
    "assetProfile",
    "price",
    "summaryDetail",
    "defaultKeyStatistics",
    "calendarEvents",
    "fundProfile",  # the only one with a fund's expense ratio and turnover
    RETURNS_MODULE,
)

_FEES = "fundProfile.feesExpensesInvestment"
_STATISTICS = "defaultKeyStatistics"
_DETAIL: Table = {
    "beta": (number, "summaryDetail.beta", f"{_STATISTICS}.beta", f"{_STATISTICS}.beta3Year"),
    "dividend": (
        positive,
        "summaryDetail.dividendRate",
        "summaryDetail.trailingAnnualDividendRate",
    ),
    "dividend_yield": (
        lambda value: percent(positive(value)),
        "summaryDetail.dividendYield",
        "summaryDetail.yield",
        f"{_STATISTICS}.yield",
        "summaryDetail.trailingAnnualDividendYield",
    ),
    "ex_dividend_on": (day, "summaryDetail.exDividendDate", "calendarEvents.exDividendDate"),
    "net_assets": (positive, "summaryDetail.totalAssets", f"{_STATISTICS}.totalAssets"),
    "nav": (positive, "summaryDetail.navPrice"),
    "expense_ratio": (
        percent,
        f"{_FEES}.annualReportExpenseRatio",
        f"{_STATISTICS}.annualReportExpenseRatio",
    ),
    "category": (text, f"{_STATISTICS}.category", "fundProfile.categoryName"),
    "last_capital_gain": (number, f"{_STATISTICS}.lastCapGain"),
    "morningstar_rating": (stars, f"{_STATISTICS}.morningStarOverallRating"),
    "morningstar_risk_rating": (stars, f"{_STATISTICS}.morningStarRiskRating"),
    "holdings_turnover": (
        percent,
        f"{_FEES}.annualHoldingsTurnover",
        f"{_STATISTICS}.annualHoldingsTurnover",
    ),
    "earnings_on": (day, "calendarEvents.earnings.earningsDate"),
    "last_dividend": (positive, f"{_STATISTICS}.lastDividendValue"),
    "inception_on": (day, f"{_STATISTICS}.fundInceptionDate"),
    "sector": (text, "assetProfile.sector", "assetProfile.sectorDisp"),
    "industry": (text, "assetProfile.industry", "assetProfile.industryDisp"),
    "about": (prose, "assetProfile.longBusinessSummary", "assetProfile.description"),
    "employees": (count, "assetProfile.fullTimeEmployees"),
    "logo": (url, "price.companyLogoUrl", "price.logoUrl"),
}
_RETURNS: Table = {
    "five_days": (percent, "fiveDaysReturn"),
    "one_month": (percent, "oneMonthReturn"),
    "three_month": (percent, "threeMonthReturn"),
    "six_month": (percent, "sixMonthReturn"),
    "ytd": (percent, "ytdReturnPct"),
    "year": (percent, "oneYearTotalReturn"),
    "three_year": (percent, "threeYearTotalReturn"),
    "five_year": (percent, "fiveYearTotalReturn"),
    "ten_year": (percent, "tenYearTotalReturn"),
    "max": (percent, "maxReturn"),
}


def parse_detail(payload: Any, symbol: str) -> QuoteDetail:
    """The slow facts of `symbol`; NotFound when Yahoo has none."""
    modules = open_single(payload, "quoteSummary")
    return QuoteDetail(symbol=symbol, returns=_returns(modules), **read(_DETAIL, modules))


def parse_returns(payload: Any) -> Returns:
    """The performance of one instrument; NotFound when Yahoo has none."""
    return _returns(open_single(payload, "quoteSummary"))


def _returns(modules: dict[str, Any]) -> Returns:
    return Returns(**read(_RETURNS, at(modules, f"{RETURNS_MODULE}.performanceOverview")))
