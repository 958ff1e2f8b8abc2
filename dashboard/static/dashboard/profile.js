/** The selected symbol: a stream of its profile, and the line of its prices. */

import { PriceChart } from "./chart.js";
import { connect, profileOf } from "./financequery.js";
import { NOTHING_KNOWN, ProfileView } from "./profile-view.js";
import { partsOf, previousClose } from "./values.js";

const SITE = document.title;
/** Until then the former symbol stays, dimmed: mostly the new one is there in an instant. */
const LONGEST_WAIT_MS = 800;
/** No path can carry these: the server would not even see the symbol. */
const UNADDRESSABLE = /\/|^\.{0,2}$|^.{100}/u;

export class Profile {
  #stream = null;
  #symbol = "";
  #emptying = 0;

  /**
   * @param {HTMLElement} root
   * @param {import("./history.js").PriceHistory} history
   * @param {{onSelect: (symbol: string) => void,
   *   onStream: (stream: import("./financequery.js").Stream | null) => void}} callbacks
   *   onStream: another symbol means another stream; null for what is no symbol
   * @param {import("./source.js").Source} source
   * @param {import("./financequery.js").Options & {refreshSeconds: number}} options
   */
  constructor(root, history, { onSelect, onStream }, source, options) {
    const parts = partsOf(root);
    this.view = new ProfileView(root, onSelect);
    this.chart = new PriceChart(parts.chart, parts.readout, options.refreshSeconds);
    this.history = history;
    this.source = source;
    this.onStream = onStream;
    this.options = options;
  }

  get symbol() {
    return this.#symbol;
  }

  show(symbol) {
    this.#symbol = symbol;
    this.#entitle();
    this.view.expectData();
    clearTimeout(this.#emptying);
    this.#emptying = setTimeout(() => this.#showNothing("…"), LONGEST_WAIT_MS);
    if (UNADDRESSABLE.test(symbol)) {
      this.#refuse(`'${symbol}' is not a symbol.`);
      return;
    }
    const stream = connect(profileOf(symbol), this.options);
    stream.addEventListener("message", ({ detail }) => this.#received(symbol, detail));
    stream.addEventListener("error", ({ detail }) => this.#complained(detail));
    this.#follow(stream);
  }

  #follow(stream) {
    this.#stream?.close();
    this.#stream = stream;
    this.onStream(stream);
  }

  #complained({ code, message }) {
    if (code === "invalid_symbol") {
      this.#refuse(message);
    }
  }

  #received(symbol, { data, at }) {
    const { quote } = data;
    clearTimeout(this.#emptying);
    if (!quote) {
      if (data.status === "unavailable") {
        this.source.askSoon();
      }
      this.#entitle();
      this.#showNothing(this.#whyNothing(data), data);
      return;
    }
    this.history.add(symbol, quote.price, at);
    this.view.show(symbol, data);
    this.#entitle(quote.price, quote.percentChange);
    this.chart.show(symbol, quote.price, previousClose(quote), this.history.of(symbol));
  }

  #whyNothing({ status }) {
    return status === "unavailable" || (status !== "unknown" && !this.source.isReliable)
      ? `The data of ${this.#symbol} cannot be had for now`
      : `There is no quote of ${this.#symbol}`;
  }

  #refuse(problem) {
    clearTimeout(this.#emptying);
    this.#follow(null);
    this.#showNothing(problem);
  }

  /** Nothing of another symbol stays: neither its facts nor its line. */
  #showNothing(problem, data = NOTHING_KNOWN) {
    this.view.show(this.#symbol, data, problem);
    this.chart.show(this.#symbol, "", null, this.history.of(this.#symbol));
  }

  #entitle(...values) {
    document.title = [this.#symbol, ...values, `· ${SITE}`].filter(Boolean).join(" ");
  }
}
