"""The world's stock indices that the market overview shows."""

from __future__ import annotations

import msgspec


class IndexDefinition(msgspec.Struct, frozen=True):
    symbol: str
    name: str


INDICES: tuple[IndexDefinition, ...] = tuple(
    IndexDefinition(symbol, name)
    for symbol, name in (
        # United States
        ("^GSPC", "S&P 500"),
        ("^DJI", "Dow Jones Industrial Average"),
        ("^IXIC", "NASDAQ Composite"),
        ("^NDX", "NASDAQ 100"),
        ("^NYA", "NYSE Composite"),
        ("^XAX", "NYSE American Composite"),
        ("^RUT", "Russell 2000"),
        ("^VIX", "CBOE Volatility Index"),
        # Rest of the Americas
        ("^GSPTSE", "S&P/TSX Composite"),
        ("^BVSP", "Ibovespa"),
        ("^MXX", "S&P/BMV IPC"),
        ("^MERV", "S&P MERVAL"),
        ("^IPSA", "S&P IPSA"),
        # Europe
        ("^STOXX50E", "EURO STOXX 50"),
        ("^STOXX", "STOXX Europe 600"),
        ("^N100", "Euronext 100"),
        ("^FTSE", "FTSE 100"),
        ("^FTMC", "FTSE 250"),
        ("^GDAXI", "DAX"),
        ("^MDAXI", "MDAX"),
        ("^TECDAX", "TecDAX"),
        ("^FCHI", "CAC 40"),
        ("^AEX", "AEX"),
        ("^BFX", "BEL 20"),
        ("^IBEX", "IBEX 35"),
        ("FTSEMIB.MI", "FTSE MIB"),
        ("PSI20.LS", "PSI"),
        ("^SSMI", "Swiss Market Index"),
        ("^ATX", "Austrian Traded Index"),
        ("^ISEQ", "ISEQ All Share"),
        ("^OMX", "OMX Stockholm 30"),
        ("^OMXC25", "OMX Copenhagen 25"),
        ("^OMXH25", "OMX Helsinki 25"),
        ("OBX.OL", "OBX Oslo"),
        ("WIG20.WA", "WIG20"),
        ("^BUX.BD", "Budapest SE"),
        ("XU100.IS", "BIST 100"),
        ("IMOEX.ME", "MOEX Russia"),
        # Middle East and Africa
        ("^TA125.TA", "TA-125"),
        ("^TASI.SR", "Tadawul All Share"),
        ("^CASE30", "EGX 30"),
        ("^J203.JO", "FTSE/JSE All Share"),
        ("^JN0U.JO", "FTSE/JSE Top 40 USD"),
        # Asia and the Pacific
        ("^N225", "Nikkei 225"),
        ("^HSI", "Hang Seng Index"),
        ("^HSCE", "Hang Seng China Enterprises"),
        ("000001.SS", "SSE Composite"),
        ("399001.SZ", "Shenzhen Component"),
        ("000300.SS", "CSI 300"),
        ("^TWII", "TAIEX"),
        ("^KS11", "KOSPI Composite"),
        ("^KQ11", "KOSDAQ Composite"),
        ("^BSESN", "S&P BSE SENSEX"),
        ("^NSEI", "NIFTY 50"),
        ("^STI", "STI"),
        ("^JKSE", "IDX Composite"),
        ("^KLSE", "FTSE Bursa Malaysia KLCI"),
        ("^SET.BK", "SET Index"),
        ("PSEI.PS", "PSEi Index"),
        ("^VNINDEX.VN", "VN-Index"),
        ("^AXJO", "S&P/ASX 200"),
        ("^AORD", "All Ordinaries"),
        ("^NZ50", "S&P/NZX 50"),
    )
)
