/** The profile panel: everything about one symbol. */

import { NewsList, compactNumber, element, showChange, showPrice, showText } from "./cells.js";
import { connect, profileOf } from "./financequery.js";
import { SymbolBox } from "./symbol-box.js";

// No path can carry these: the server would not even see the symbol.
const UNADDRESSABLE = /\/|^\.{1,2}$|^.{100}/u;

const NEWS_SHOWN = 3;
const SIMILAR_SHOWN = 5;

const FACTS = [
  ["Open", (quote) => quote.open],
  ["Day range", (quote) => range(quote.low, quote.high)],
  ["Year range", (quote) => range(quote.yearLow, quote.yearHigh)],
  ["Volume", (quote) => compactNumber(quote.volume)],
  ["Average volume", (quote) => compactNumber(quote.avgVolume)],
  ["Market cap", (quote) => quote.marketCap],
  ["P/E", (quote) => quote.pe],
  ["EPS", (quote) => quote.eps],
  ["Beta", (quote) => quote.beta],
  ["Dividend", (quote) => quote.dividend],
  ["Yield", (quote) => quote.yield],
  ["Earnings", (quote) => quote.earningsDate],
];

const RETURNS = [
  ["5 days", "fiveDaysReturn"],
  ["1 month", "oneMonthReturn"],
  ["6 months", "sixMonthReturn"],
  ["YTD", "ytdReturn"],
  ["1 year", "yearReturn"],
  ["5 years", "fiveYearReturn"],
];

/**
 * @param {import("./panel.js").Panel} panel
 * @param {import("./financequery.js").Options} options
 * @returns {(symbol: string) => void} shows another symbol
 */
export function showProfile(panel, options) {
  const view = new ProfileView(panel.root, (symbol) => show(symbol));
  const box = new SymbolBox(panel.root.querySelector("form"), (text) => show(text));
  let lastKnown = "";

  function show(text) {
    const symbol = text.trim().toUpperCase();
    if (UNADDRESSABLE.test(symbol)) {
      box.refuse("This is not a symbol.");
    } else {
      box.accept();
      box.text = symbol;
      follow(symbol);
    }
  }

  function follow(symbol) {
    const stream = connect(profileOf(symbol), options);
    stream.addEventListener("message", ({ detail }) => received(symbol, detail.data));
    stream.addEventListener("error", ({ detail }) => {
      box.refuse(detail.message);
      if (lastKnown && lastKnown !== symbol) {
        follow(lastKnown);
      }
    });
    panel.follow(stream, `/profile/${symbol}`);
  }

  function received(symbol, profile) {
    const complaint = `There is no quote of ${symbol}.`;
    view.show(symbol, profile);
    if (!profile.quote) {
      box.refuse(complaint);
      return;
    }
    lastKnown = symbol;
    if (box.complaint === complaint) {
      box.accept();
    }
  }

  show(box.text);
  return show;
}

class ProfileView {
  constructor(root, onSelect) {
    const part = (name) => root.querySelector(`[data-part=${name}]`);
    this.name = part("name");
    this.price = part("price");
    this.change = part("change");
    this.percent = part("percent");
    this.extended = part("extended");
    this.about = part("about");
    this.industry = part("industry");
    this.sectorReturn = part("sector-return");
    this.facts = FACTS.map(([label]) => pair(part("facts"), label));
    this.returns = RETURNS.map(([label]) => pair(part("returns"), label));
    this.similar = Array.from({ length: SIMILAR_SHOWN }, () =>
      similarPlace(part("similar"), onSelect),
    );
    this.news = new NewsList(part("news"), NEWS_SHOWN);
    this.show("", { similar: [], news: [] });
  }

  show(symbol, { quote, similar, sectorPerformance, news }) {
    const known = quote ?? {};
    showText(this.name, known.name ?? symbol);
    showPrice(this.price, known.price, symbol);
    showChange(this.change, known.change);
    showChange(this.percent, known.percentChange);
    this.extended.textContent = extendedPrice(known);
    showText(this.about, known.about);
    showText(this.industry, [known.sector, known.industry].filter(Boolean).join(" · "));
    showChange(this.sectorReturn, sectorPerformance?.dayReturn);
    FACTS.forEach(([, of], index) => showText(this.facts[index], of(known)));
    RETURNS.forEach(([, key], index) => showChange(this.returns[index], known[key]));
    this.similar.forEach((place, index) => showSimilar(place, similar[index]));
    this.news.show(news);
  }
}

function pair(list, label) {
  const value = element("dd");
  list.append(element("div", "", element("dt", "muted", label), value));
  return value;
}

function similarPlace(list, onSelect) {
  const symbol = element("span", "symbol");
  const percent = element("span", "number");
  const button = element("button", "chip", symbol, percent);
  button.type = "button";
  button.addEventListener("click", () => onSelect(symbol.textContent));
  const item = element("li", "", button);
  item.dataset.empty = "";
  list.append(item);
  return { item, button, symbol, percent };
}

function showSimilar({ item, button, symbol, percent }, quote) {
  item.toggleAttribute("data-empty", !quote);
  if (quote) {
    button.title = `Show the profile of ${quote.name}`;
    showText(symbol, quote.symbol);
    showChange(percent, quote.percentChange);
  }
}

function extendedPrice({ preMarketPrice, afterHoursPrice }) {
  if (preMarketPrice) {
    return `Pre-market ${preMarketPrice}`;
  }
  return afterHoursPrice ? `After hours ${afterHoursPrice}` : "";
}

function range(low, high) {
  return low && high ? `${low} – ${high}` : null;
}
