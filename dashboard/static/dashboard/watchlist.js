/** The watchlist: symbols that somebody chose, in their order, with their prices. */

import { makeSortable } from "./dragging.js";
import { connect, parseSymbols } from "./financequery.js";
import { partsOf } from "./values.js";
import { WatchlistRow } from "./watchlist-row.js";
import { loadSymbols, onOtherTab, saveSymbols } from "./watchlist-store.js";

export class Watchlist {
  #rows = new Map();
  #symbols = [];
  #quotes = null;
  #selected = "";

  /**
   * @param {HTMLElement} root
   * @param {import("./history.js").PriceHistory} history
   * @param {(symbol: string) => void} onSelect
   * @param {import("./financequery.js").Options} options
   */
  constructor(root, history, onSelect, options) {
    this.parts = partsOf(root);
    this.history = history;
    this.onChange = () => {};
    this.actions = {
      select: onSelect,
      move: (symbol, by) => this.#move(symbol, this.#symbols.indexOf(symbol) + by),
      remove: (symbol) => this.remove(symbol),
    };
    this.#symbols = loadSymbols();
    this.stream = connect("/quotes", { ...options, symbols: this.#symbols });
    this.stream.addEventListener("message", ({ detail }) => this.#received(detail));
    this.stream.addEventListener("error", ({ detail }) => this.#refused(detail));
    this.#listen(root);
    this.#arrange();
  }

  has(symbol) {
    return this.#symbols.includes(symbol);
  }

  /** @param {string} text symbols, separated by commas */
  add(text) {
    const added = parseSymbols(text).filter((symbol) => !this.has(symbol));
    this.#complain("");
    if (added.length > 0) {
      this.#change([...this.#symbols, ...added], `${added.join(", ")} added`);
    }
  }

  remove(symbol) {
    const position = this.#symbols.indexOf(symbol);
    const focused = document.activeElement;
    const hadFocus = this.#rows.get(symbol)?.root.contains(focused);
    this.#change(this.#symbols.filter((other) => other !== symbol), `${symbol} removed`);
    if (hadFocus) {
      const next = this.#rows.get(this.#symbols[Math.min(position, this.#symbols.length - 1)]);
      const sameThere = focused.matches(".remove") ? next?.buttons.remove : next?.open;
      (sameThere ?? this.parts.input).focus();
    }
  }

  /** Marks the symbol whose profile is shown. */
  select(symbol) {
    this.#selected = symbol;
    this.#rows.forEach((row) => row.mark(row.symbol === symbol));
  }

  #listen(root) {
    const { form, input, edit, rows } = this.parts;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (input.value.trim()) {
        this.add(input.value);
        input.value = "";
      }
    });
    edit.addEventListener("click", () => {
      const isEdited = root.toggleAttribute("data-editing");
      edit.setAttribute("aria-pressed", String(isEdited));
    });
    makeSortable(rows, (symbol, position) => this.#move(symbol, position));
    onOtherTab((symbols) => this.#set(symbols));
  }

  #move(symbol, position) {
    if (position < 0 || position >= this.#symbols.length) {
      return;
    }
    const focused = document.activeElement;
    const symbols = this.#symbols.filter((other) => other !== symbol);
    symbols.splice(position, 0, symbol);
    this.#change(symbols, `${symbol} is now ${position + 1} of ${symbols.length}`);
    // A row that was moved has lost the focus; a button that was switched off cannot have it.
    if (this.#rows.get(symbol).root.contains(focused)) {
      (focused.disabled ? this.#rows.get(symbol).open : focused).focus();
    }
  }

  #change(symbols, told) {
    this.#set(symbols);
    saveSymbols(symbols);
    this.parts.told.textContent = told;
  }

  #set(symbols) {
    const followed = new Set(this.stream.symbols);
    this.#symbols = symbols;
    if (symbols.length !== followed.size || symbols.some((symbol) => !followed.has(symbol))) {
      this.stream.setSymbols(symbols);
    }
    this.#arrange();
    this.onChange();
  }

  #arrange() {
    const rows = this.#symbols.map((symbol) => this.#rows.get(symbol) ?? this.#row(symbol));
    this.#rows = new Map(rows.map((row) => [row.symbol, row]));
    rows.forEach((row, position) => row.place(position, rows.length));
    this.parts.rows.replaceChildren(...rows.map(({ root }) => root));
    this.parts.empty.hidden = rows.length > 0;
    this.parts.count.textContent = String(rows.length);
    this.select(this.#selected);
    this.#show();
  }

  #row(symbol) {
    return new WatchlistRow(symbol, this.actions);
  }

  #received({ data, at }) {
    this.#quotes = new Map(data.map((quote) => [quote.symbol, quote]));
    data.forEach(({ symbol, price }) => this.history.add(symbol, price, at));
    this.#show();
  }

  #show() {
    // What was added a moment ago is not in the last answer: it is awaited, not missing.
    const isAnswered = this.#quotes !== null && this.stream.isSettled;
    this.#rows.forEach((row, symbol) => {
      const missing = isAnswered ? "No quote" : "…";
      row.show(this.#quotes?.get(symbol), missing, this.history.of(symbol));
    });
  }

  #refused({ message }) {
    this.#complain(message);
    const kept = this.#symbols.filter((symbol) => this.stream.symbols.includes(symbol));
    // If nothing was ever accepted, the list is left to its owner to mend.
    if (kept.length > 0 && kept.length < this.#symbols.length) {
      this.#set(kept);
      saveSymbols(kept);
    }
  }

  #complain(message) {
    const { problem, input } = this.parts;
    problem.textContent = message;
    input.setAttribute("aria-invalid", String(message !== ""));
  }
}
