/** Which facts of a quote are shown, and how. */

import {
  compactNumber, element, previousClose, showChange, showText, withThousands,
} from "./values.js";

const PLACES = 12;

/** Prices in these are hundredths of what large amounts are in. */
const MAIN_UNITS = { GBp: "GBP", GBX: "GBP", ZAc: "ZAR", ILA: "ILS" };

/** The first that are known get the places: a share's, then a fund's. */
const FACTS = [
  ["Previous close", (quote) => withThousands(previousClose(quote))],
  ["Open", ({ open }) => withThousands(open)],
  ["Volume", ({ volume }) => compactNumber(volume)],
  ["Average volume", ({ avgVolume }) => compactNumber(avgVolume)],
  ["Market cap", ({ marketCap, netAssets, currency }) => (netAssets ? null : amount(marketCap, currency))],
  ["P/E", ({ pe }) => pe],
  ["EPS", ({ eps }) => eps],
  ["Beta", ({ beta }) => beta],
  ["Dividend", ({ dividend }) => dividend],
  ["Yield", (quote) => quote.yield],
  ["Ex-dividend", ({ exDividend }) => exDividend],
  ["Earnings", ({ earningsDate }) => earningsDate],
  ["Net assets", ({ netAssets, currency }) => amount(netAssets, currency)],
  ["NAV", ({ nav }) => withThousands(nav)],
  ["Expense ratio", ({ expenseRatio }) => expenseRatio],
  ["Category", ({ category }) => category],
  ["Since", ({ inceptionDate }) => inceptionDate],
  ["Employees", ({ employees }) => employees],
];

const RETURNS = [
  ["5 days", "fiveDaysReturn"],
  ["1 month", "oneMonthReturn"],
  ["3 months", "threeMonthReturn"],
  ["6 months", "sixMonthReturn"],
  ["YTD", "ytdReturn"],
  ["1 year", "yearReturn"],
  ["3 years", "threeYearReturn"],
  ["5 years", "fiveYearReturn"],
  ["10 years", "tenYearReturn"],
  ["Max", "maxReturn"],
];

export class FactList {
  constructor(list) {
    this.places = Array.from({ length: PLACES }, () => pair(list, ""));
  }

  show(quote) {
    const known = FACTS.map(([label, of]) => [label, of(quote)]).filter(([, value]) => value);
    // Places that are left name what is not known, so that the list keeps its size.
    const labels = new Set(known.map(([label]) => label));
    const unknown = FACTS.filter(([label]) => !labels.has(label)).map(([label]) => [label, null]);
    const shown = [...known, ...unknown].slice(0, PLACES);
    shown.forEach(([label, value], index) => {
      showText(this.places[index].label, label);
      showText(this.places[index].value, value);
    });
  }
}

export class ReturnList {
  constructor(list) {
    this.values = RETURNS.map(([label]) => pair(list, label).value);
    this.values.forEach((value) => value.classList.add("change"));
  }

  show(quote) {
    RETURNS.forEach(([, key], index) => showChange(this.values[index], shortened(quote[key])));
  }
}

/** "160.00B" → "160.00B GBP" beside a price in pence: there it is not the price's unit. */
function amount(text, currency) {
  const unit = MAIN_UNITS[currency];
  return text && unit ? `${text} ${unit}` : text;
}

/** "+2,308.51%" → "+2,308%": decimals of thousands tell nothing, and take room. */
function shortened(percent) {
  return percent?.replace(/^(.\d*,[\d,]+)\.\d+/, "$1") ?? null;
}

function pair(list, text) {
  const [label, value] = [element("dt", "muted", text), element("dd")];
  list.append(element("div", "", label, value));
  return { label, value };
}
