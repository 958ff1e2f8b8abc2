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
  /** Added here and without a quote until now: not kept, for it may be no symbol at all. */
  #unproven = new Set();
  /** When symbols were first found to have no quote. @type {Map<string, number>} */
  #absent = new Map();
  /** What was typed in last, until the server has answered it. */
  #typed = null;

  /**
   * @param {HTMLElement} root
   * @param {import("./history.js").PriceHistory} history
   * @param {{onSelect: (symbol: string) => void, onAdd: (symbol: string) => void}} callbacks
   *   onAdd: a symbol was typed in, and there is a quote of it
   * @param {import("./source.js").Source} source
   * @param {import("./financequery.js").Options} options
   */
  constructor(root, history, { onSelect, onAdd }, source, options) {
    this.parts = partsOf(root);
    this.history = history;
    this.source = source;
    this.onAdd = onAdd;
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
    const named = parseSymbols(text);
    const added = named.filter((symbol) => !this.has(symbol));
    this.#complain("");
    this.#typed = null;
    if (added.length > 0) {
      added.forEach((symbol) => this.#unproven.add(symbol));
      this.#typed = { text, symbols: added };
      this.#change([...this.#symbols, ...added], `${added.join(", ")} added`);
    } else if (named.length > 0) {
      this.onAdd(named[0]);
    }
    this.#rows.get(named[0])?.root.scrollIntoView({ block: "nearest" });
  }

  remove(symbol) {
    const position = this.#symbols.indexOf(symbol);
    const focused = document.activeElement;
    const hadFocus = this.#rows.get(symbol)?.root.contains(focused);
    this.#unproven.delete(symbol);
    this.#complain("");
    this.#change(this.#symbols.filter((other) => other !== symbol), `${symbol} removed`);
    if (hadFocus) {
      const next = this.#rows.get(this.#symbols[Math.min(position, this.#symbols.length - 1)]);
      const sameThere = focused.matches(".remove") ? next?.buttons.remove : next?.open;
      (sameThere ?? this.parts.input).focus();
    }
  }

  /** Marks the symbol whose profile is shown. */
  select(symbol) {
    if (symbol !== this.#selected) {
      this.#typed = null; // somebody has gone on to another one
    }
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
    onOtherTab((symbols) => {
      const ours = [...this.#unproven].filter((symbol) => !symbols.includes(symbol));
      this.#set([...symbols, ...ours]);
    });
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
    this.#save();
    this.parts.told.textContent = told;
  }

  #save() {
    saveSymbols(this.#symbols.filter((symbol) => !this.#unproven.has(symbol)));
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
    this.#noteAbsent(at);
    this.#prove();
    this.#show();
    this.#answerTyped();
  }

  /** Whether it is the source's fault must be asked after they were missed, not before. */
  #noteAbsent(at) {
    const absent = this.#symbols.filter((symbol) => !this.#quotes.has(symbol));
    this.#absent = this.stream.isSettled
      ? new Map(absent.map((symbol) => [symbol, this.#absent.get(symbol) ?? at]))
      : new Map();
    if ([...this.#absent.values()].some((since) => !this.source.hasAnsweredSince(since))) {
      this.source.askSoon();
    }
  }

  /** Symbols with a quote are kept; the others too while the source cannot say. */
  #prove() {
    const before = this.#unproven.size;
    const proven = (symbol) => this.#quotes.has(symbol) || !this.source.isReliable;
    [...this.#unproven].filter(proven).forEach((symbol) => this.#unproven.delete(symbol));
    if (this.#unproven.size < before) {
      this.#save();
    }
  }

  #answerTyped() {
    if (this.#typed === null || !this.stream.isSettled) {
      return;
    }
    const { symbols } = this.#typed;
    if (symbols.some((symbol) => this.#isDoubtful(symbol))) {
      return;
    }
    const found = symbols.find((symbol) => this.#quotes.has(symbol));
    const unknown = symbols.filter((symbol) => this.#isUnknown(symbol));
    this.#typed = null;
    if (unknown.length > 0) {
      this.#complain(`There is no quote of ${unknown.join(", ")}. Symbols are like AAPL, ^GSPC.`);
    }
    if (found) {
      this.onAdd(found);
    }
  }

  #isDoubtful(symbol) {
    return this.#absent.has(symbol) && !this.source.hasAnsweredSince(this.#absent.get(symbol));
  }

  #isUnknown(symbol) {
    const wasKnown = this.history.of(symbol).length > 0;
    const areOthersThere = this.#quotes?.size > 0 || this.#symbols.length === 1;
    const isSure = areOthersThere && this.source.isReliable && !this.#isDoubtful(symbol);
    return this.#absent.has(symbol) && isSure && !wasKnown;
  }

  #show() {
    // What was added a moment ago is not in the last answer: it is awaited, not missing.
    const isAnswered = this.#quotes !== null && this.stream.isSettled;
    this.#rows.forEach((row, symbol) => {
      const isUnknown = this.#isUnknown(symbol);
      const missing = isUnknown ? "Unknown symbol" : isAnswered ? "No quote for now" : "…";
      row.show(this.#quotes?.get(symbol), missing, isUnknown, this.history.of(symbol));
    });
  }

  #refused({ message }) {
    this.#complain(message);
    const { input } = this.parts;
    input.value ||= this.#typed?.text ?? "";
    this.#typed = null;
    const kept = this.#symbols.filter((symbol) => this.stream.symbols.includes(symbol));
    // If nothing was ever accepted, the list is left to its owner to mend.
    if (kept.length > 0 && kept.length < this.#symbols.length) {
      const refused = this.#symbols.filter((symbol) => !kept.includes(symbol));
      refused.forEach((symbol) => this.#unproven.delete(symbol));
      this.#set(kept);
      this.#save();
    }
  }

  #complain(message) {
    const { problem, input } = this.parts;
    problem.textContent = message;
    input.setAttribute("aria-invalid", String(message !== ""));
  }
}
