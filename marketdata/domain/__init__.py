"""What market data is: frozen structs of numbers and dates, with no idea how they are shown.

Units, everywhere in this package: prices in the instrument's currency, every `percent_…`,
`…_return` and rate in percent (1.25 means 1.25 %), datetimes aware. None means unknown.
"""
