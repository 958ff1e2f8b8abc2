"""The kinds of values that messages are made of, as documents name and describe them.

How each is written is decided in formatting.py; what is unknown is null in a message.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

Symbol = Annotated[
    str, Meta(title="Symbol", description="A ticker, in upper case.", examples=["AAPL", "^GSPC"])
]
Price = Annotated[
    str,
    Meta(
        title="Price",
        description="A price, without thousands separators.",
        pattern=r"^-?[0-9]+(\.[0-9]+)?$",
        examples=["150.25"],
    ),
]
Change = Annotated[
    str,
    Meta(
        title="Change",
        description="A change of the price, in its currency.",
        pattern=r"^[+-][0-9]+(\.[0-9]+)?$",
        examples=["+2.15"],
    ),
]
Percent = Annotated[
    str,
    Meta(
        title="Percent",
        description="A change in percent.",
        pattern=r"^[+-][0-9,]+\.[0-9]{2}%$",
        examples=["+1.45%", "+1,060.19%"],
    ),
]
Rate = Annotated[
    str,
    Meta(
        title="Rate",
        description="A share in percent, without a plus.",
        pattern=r"^-?[0-9,]+\.[0-9]{2}%$",
        examples=["0.35%"],
    ),
]
Figure = Annotated[
    str,
    Meta(
        title="Figure",
        description="A figure with two decimals.",
        pattern=r"^-?[0-9]+\.[0-9]{2}$",
        examples=["1.11"],
    ),
]
ShortNumber = Annotated[
    str,
    Meta(
        title="ShortNumber",
        description="A large number in thousands, millions, billions or trillions.",
        pattern=r"^-?[0-9]+\.[0-9]{2}[KMBT]?$",
        examples=["2.94T", "532.00"],
    ),
]
Day = Annotated[
    str,
    Meta(
        title="Day",
        description="A day.",
        pattern=r"^[A-Z][a-z]{2} [0-9]{2}, [0-9]{4}$",
        examples=["Feb 05, 2024"],
    ),
]
WholeNumber = Annotated[
    str,
    Meta(
        title="WholeNumber",
        description="A whole number with thousands separators.",
        pattern=r"^-?[0-9,]+$",
        examples=["164,000"],
    ),
]
Stars = Annotated[
    str,
    Meta(title="Stars", description="One to five stars.", pattern=r"^★{1,5}$", examples=["★★★"]),
]
Ago = Annotated[
    str,
    Meta(
        title="Ago",
        description="How long ago; empty when unknown.",
        pattern=r"^(|just now|[0-9]+ (minute|hour|day|week|month|year)s? ago)$",
        examples=["3 hours ago"],
    ),
]
Risk = Annotated[
    Literal["Low", "Below Average", "Average", "Above Average", "High"],
    Meta(title="Risk", description="Morningstar's rating of the risk."),
]
Moment = Annotated[
    datetime,
    Meta(title="Moment", description="In UTC.", tz=True, examples=["2024-02-05T14:30:00Z"]),
]
Volume = Annotated[
    int, Meta(title="Volume", description="How many were traded.", ge=0, examples=[27147920])
]
Reason = Annotated[
    str,
    Meta(
        title="Reason",
        description="Why it is open or closed.",
        examples=["Regular trading hours", "Weekend", "Holiday: Christmas Day"],
    ),
]
Address = Annotated[str, Meta(title="Address", description="A URL, or empty.")]
