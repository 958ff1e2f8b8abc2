/** One row of the watchlist: a symbol, its prices, and the buttons that change the list. */

import { Sparkline } from "./sparkline.js";
import {
  button, element, extendedPrice, numberIn, previousClose, showChange, showPrice, showText,
  spreadClick, trendOf,
} from "./values.js";

export class WatchlistRow {
  /**
   * @param {string} symbol
   * @param {{select: (symbol: string) => void, move: (symbol: string, by: number) => void,
   *   remove: (symbol: string) => void}} actions
   */
  constructor(symbol, actions) {
    this.symbol = symbol;
    this.open = button("row-link symbol", () => actions.select(symbol), { text: symbol });
    this.open.setAttribute("aria-keyshortcuts", "Alt+ArrowUp Alt+ArrowDown Delete");
    this.name = element("span", "name muted");
    this.spark = new Sparkline();
    this.price = element("span", "price");
    this.extended = element("span", "extended muted");
    this.percent = element("span", "change");
    this.change = element("span", "change-value muted");
    this.buttons = {
      up: button("icon move-up", () => actions.move(symbol, -1), { label: `Move ${symbol} up` }),
      down: button("icon move-down", () => actions.move(symbol, 1), {
        label: `Move ${symbol} down`,
      }),
      remove: button("icon remove", () => actions.remove(symbol), { label: `Remove ${symbol}` }),
    };
    this.discard = button("plain discard", () => actions.remove(symbol), {
      text: "Remove", label: `Remove ${symbol}`,
    });
    this.root = this.#row();
    this.open.addEventListener("keydown", (event) => this.#pressed(event, actions));
  }

  /**
   * @param {object | undefined} quote
   * @param {string} missing what to say without one
   * @param {boolean} isUnknown there is no such symbol: offer to remove it
   * @param {[number, number][]} points
   */
  show(quote, missing, isUnknown, points) {
    this.root.toggleAttribute("data-missing", !quote);
    this.discard.hidden = !isUnknown;
    this.percent.hidden = this.change.hidden = isUnknown;
    showText(this.name, quote?.name ?? missing);
    showPrice(this.price, quote?.price, this.symbol);
    showChange(this.percent, quote?.percentChange);
    showText(this.change, quote?.change?.replace("-", "−"));
    this.extended.textContent = quote ? extendedPrice(quote, ["pre", "aft"]) : "";
    this.spark.show(points, numberIn(quote && previousClose(quote)), trendOf(quote?.percentChange));
  }

  /** @param {boolean} isSelected is this the symbol whose profile is shown? */
  mark(isSelected) {
    this.root.toggleAttribute("data-selected", isSelected);
    if (isSelected) {
      this.open.setAttribute("aria-current", "true");
    } else {
      this.open.removeAttribute("aria-current");
    }
  }

  /** The ends of the list cannot be passed. */
  place(position, length) {
    this.buttons.up.disabled = position === 0;
    this.buttons.down.disabled = position === length - 1;
  }

  #row() {
    const head = element("th", "", this.open, this.name);
    head.scope = "row";
    const { up, down, remove } = this.buttons;
    const row = element(
      "tr", "watch-row", head,
      element("td", "spark-cell", this.spark.svg),
      element("td", "number", this.price, this.extended),
      element("td", "number", this.percent, this.change, this.discard),
      element("td", "actions", element("span", "action-buttons", up, down, remove)),
    );
    row.dataset.symbol = this.symbol;
    row.draggable = true;
    spreadClick(row, this.open);
    return row;
  }

  #pressed(event, actions) {
    const move = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (event.altKey && move) {
      event.preventDefault();
      actions.move(this.symbol, move);
    } else if (event.key === "Delete") {
      actions.remove(this.symbol);
    }
  }
}
