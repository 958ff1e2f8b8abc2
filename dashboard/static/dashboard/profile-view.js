/** How the profile of a symbol looks; it shows what it is given. */

import { FactList, ReturnList } from "./facts.js";
import { NewsList } from "./news.js";
import { RangeBar } from "./range-bar.js";
import {
  button, element, extendedPrice, partsOf, showChange, showPrice, showText,
} from "./values.js";

const NEWS = 4;
const SIMILAR = 6;
const SECTOR_RETURNS = [
  "dayReturn", "ytdReturn", "yearReturn", "threeYearReturn", "fiveYearReturn",
];
export const NOTHING_KNOWN = { quote: null, similar: [], sectorPerformance: null, news: [] };

export class ProfileView {
  /** @param {HTMLElement} root @param {(symbol: string) => void} onSelect */
  constructor(root, onSelect) {
    this.root = root;
    this.parts = partsOf(root);
    this.facts = new FactList(this.parts.facts);
    this.returns = new ReturnList(this.parts.returns);
    this.day = new RangeBar(this.parts.day);
    this.year = new RangeBar(this.parts.year);
    this.similar = Array.from({ length: SIMILAR }, () => new Similar(this.parts.similar, onSelect));
    this.news = new NewsList(this.parts.news, NEWS);
    this.show("", NOTHING_KNOWN);
  }

  /** Another symbol was chosen, of which nothing is known yet. */
  expectData() {
    this.root.setAttribute("aria-busy", "true");
  }

  /** @param {string} problem why there is no quote to show */
  show(symbol, { quote, similar, sectorPerformance, news }, problem = "") {
    const known = quote ?? {};
    const { parts } = this;
    this.root.removeAttribute("aria-busy");
    showText(parts.symbol, symbol);
    showText(parts.name, problem || known.name);
    showPrice(parts.price, known.price, symbol);
    showChange(parts.change, known.change);
    showChange(parts.percent, known.percentChange);
    parts.currency.textContent = known.currency ?? "";
    parts.extended.textContent = extendedPrice(known);
    parts.industry.textContent = kindOf(known);
    this.day.show(known.low, known.high, known.price);
    this.year.show(known.yearLow, known.yearHigh, known.price);
    this.facts.show(known);
    this.returns.show(known);
    // Funds and currencies have none; where it merely could not be fetched, its place stays.
    parts.sector.hidden = quote !== null && !quote.sector && !sectorPerformance;
    showText(parts["sector-name"], sectorPerformance?.sector ?? known.sector);
    SECTOR_RETURNS.forEach((key) => showChange(parts[key], sectorPerformance?.[key]));
    this.similar.forEach((place, index) => place.show(similar[index]));
    this.news.show(news);
    showText(parts.about, known.about);
  }
}

/** "Technology · Consumer Electronics", or a fund's category. */
function kindOf({ sector, industry, category }) {
  return [sector, industry].filter(Boolean).join(" · ") || category || "";
}

class Similar {
  constructor(list, onSelect) {
    this.symbol = element("span", "symbol");
    this.percent = element("span", "change");
    this.name = element("span", "name muted");
    this.button = button("chip", () => onSelect(this.symbol.textContent));
    this.button.append(this.symbol, this.percent, this.name);
    list.append(element("li", "", this.button));
  }

  show(quote) {
    this.button.disabled = !quote;
    showText(this.symbol, quote?.symbol);
    showText(this.name, quote?.name);
    showChange(this.percent, quote?.percentChange);
  }
}
