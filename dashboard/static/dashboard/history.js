/** The prices that came in, for each symbol; kept in the tab across reloads, within bounds. */

import { numberIn } from "./values.js";

const KEY = "financequery.prices";
/** A long watchlist, the indices and the symbols looked at: with fewer they would drive each other out. */
const MAX_SYMBOLS = 150;
/** More of them are thinned out: the older the prices, the fewer are kept. */
const MAX_POINTS = 720;
const OLD_POINTS = 480;
const LONGEST_AGE_MS = 12 * 60 * 60 * 1000;
const SAVE_EVERY_MS = 15_000;

export class PriceHistory {
  /** Symbols, least recently used first. @type {Map<string, [number, number][]>} */
  #points;
  #tickMs;
  #savedAt = Date.now();

  /** @param {number} refreshSeconds prices of one symbol that come closer together are one */
  constructor(refreshSeconds) {
    this.#tickMs = refreshSeconds * 1000;
    this.#points = load();
    addEventListener("pagehide", () => this.save());
    document.addEventListener("visibilitychange", () => document.hidden && this.save());
  }

  /** @returns {[number, number][]} times (as of Date.now()) and prices; at most MAX_POINTS + 1 */
  of(symbol) {
    return this.#points.get(symbol) ?? [];
  }

  /** @param {string} symbol @param {string | number | null} price @param {number} at */
  add(symbol, price, at) {
    const value = numberIn(price);
    if (value === null) {
      return;
    }
    const points = this.of(symbol);
    if (points.length > 0 && at - points.at(-1)[0] < this.#tickMs / 2) {
      points.pop();
    }
    points.push([at, value]);
    this.#points.delete(symbol);
    this.#points.set(symbol, thinned(points));
    if (this.#points.size > MAX_SYMBOLS) {
      this.#points.delete(this.#points.keys().next().value);
    }
    if (at - this.#savedAt > SAVE_EVERY_MS) {
      this.save();
    }
  }

  save() {
    this.#savedAt = Date.now();
    try {
      sessionStorage.setItem(KEY, JSON.stringify([...this.#points]));
    } catch {
      // Storage is full or switched off: the prices last as long as the page.
    }
  }
}

function thinned(points) {
  return points.length <= MAX_POINTS
    ? points
    : points.filter((_, index) => index >= OLD_POINTS || index % 2 === 0);
}

function load() {
  try {
    const kept = JSON.parse(sessionStorage.getItem(KEY)) ?? [];
    const youngEnough = ([at, price]) => Date.now() - at < LONGEST_AGE_MS && Number.isFinite(price);
    return new Map(kept.map(([symbol, points]) => [symbol, points.filter(youngEnough)]));
  } catch {
    return new Map(); // nothing, or nothing of ours
  }
}
