/** The quotes panel: a table of the symbols somebody typed. */

import { element, showChange, showPrice, showText } from "./cells.js";
import { connect, parseSymbols } from "./financequery.js";
import { SymbolBox } from "./symbol-box.js";

/**
 * @param {import("./panel.js").Panel} panel
 * @param {import("./financequery.js").Options} options
 * @param {(symbol: string) => void} onSelect called when a symbol in the table is clicked
 */
export function showQuotes(panel, options, onSelect) {
  const box = new SymbolBox(panel.root.querySelector("form"), (text) => stream.setSymbols(text));
  const rows = new QuoteRows(panel.root.querySelector("tbody"), onSelect);
  rows.show(parseSymbols(box.text), null);

  const stream = connect("/quotes", { ...options, symbols: box.text });
  stream.addEventListener("message", ({ detail }) => rows.show(stream.symbols, detail.data));
  stream.addEventListener("error", ({ detail }) => box.refuse(detail.message));
  panel.follow(stream, "/quotes");
}

class QuoteRows {
  #rows = new Map();

  constructor(body, onSelect) {
    this.body = body;
    this.onSelect = onSelect;
  }

  /** One row a symbol, in the order given; `quotes` null: not known yet. */
  show(symbols, quotes) {
    const found = new Map((quotes ?? []).map((quote) => [quote.symbol, quote]));
    this.#arrange(symbols);
    for (const symbol of symbols) {
      fill(this.#rows.get(symbol), symbol, found.get(symbol), quotes ? "No quote" : "…");
    }
  }

  #arrange(symbols) {
    const shown = [...this.#rows.keys()];
    if (shown.length === symbols.length && shown.every((symbol, i) => symbol === symbols[i])) {
      return;
    }
    const rows = symbols.map((symbol) => [symbol, this.#rows.get(symbol) ?? this.#row(symbol)]);
    this.#rows = new Map(rows);
    this.body.replaceChildren(...rows.map(([, cells]) => cells.row));
  }

  #row(symbol) {
    const button = element("button", "symbol", symbol);
    button.type = "button";
    button.title = `Show the profile of ${symbol}`;
    button.addEventListener("click", () => this.onSelect(symbol));
    const name = element("span", "name muted");
    const head = element("th", "", button, name);
    head.scope = "row";
    const cells = {
      name,
      price: element("span", "price"),
      change: element("td", "number wide-only"),
      percent: element("td", "number"),
      extended: element("td", "number wide-only muted"),
    };
    cells.row = element(
      "tr", "", head, element("td", "number", cells.price), cells.change, cells.percent,
      cells.extended,
    );
    return cells;
  }
}

function fill(cells, symbol, quote, missing) {
  cells.row.toggleAttribute("data-missing", !quote);
  showText(cells.name, quote?.name ?? missing);
  showPrice(cells.price, quote?.price, symbol);
  showChange(cells.change, quote?.change);
  showChange(cells.percent, quote?.percentChange);
  showText(cells.extended, extendedPrice(quote));
}

function extendedPrice(quote) {
  if (quote?.preMarketPrice) {
    return `pre ${quote.preMarketPrice}`;
  }
  return quote?.afterHoursPrice ? `after ${quote.afterHoursPrice}` : null;
}
