/** The symbols of the watchlist, kept by the browser. */

import { parseSymbols } from "./financequery.js";

const KEY = "financequery.watchlist";
const AT_FIRST = ["AAPL", "MSFT", "NVDA", "AMZN", "GOOGL", "SPY", "BTC-USD", "EURUSD=X"];

/** @returns {string[]} what was kept, in its order, or what everybody begins with */
export function loadSymbols() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY));
    return Array.isArray(kept) ? parseSymbols(kept.filter((s) => typeof s === "string")) : AT_FIRST;
  } catch {
    return AT_FIRST; // storage is switched off, or holds nothing of ours
  }
}

/** @param {string[]} symbols */
export function saveSymbols(symbols) {
  try {
    localStorage.setItem(KEY, JSON.stringify(symbols));
  } catch {
    // Storage is full or switched off: the list lasts as long as the page.
  }
}

/** Calls back with the symbols when another tab has changed them. */
export function onOtherTab(changed) {
  addEventListener("storage", ({ key }) => key === KEY && changed(loadSymbols()));
}
