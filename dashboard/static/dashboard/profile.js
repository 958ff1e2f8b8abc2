/** The selected symbol: a stream of its profile, and the line of its prices. */

import { PriceChart } from "./chart.js";
import { connect, profileOf } from "./financequery.js";
import { ProfileView } from "./profile-view.js";
import { partsOf, previousClose } from "./values.js";

const SITE = document.title;
/** No path can carry these: the server would not even see the symbol. */
const UNADDRESSABLE = /\/|^\.{0,2}$|^.{100}/u;

export class Profile {
  #stream = null;
  #symbol = "";

  /**
   * @param {HTMLElement} root
   * @param {import("./history.js").PriceHistory} history
   * @param {{onSelect: (symbol: string) => void,
   *   onStream: (stream: import("./financequery.js").Stream | null) => void}} callbacks
   *   onStream: another symbol means another stream; null for what is no symbol
   * @param {import("./financequery.js").Options & {refreshSeconds: number}} options
   */
  constructor(root, history, { onSelect, onStream }, options) {
    const parts = partsOf(root);
    this.view = new ProfileView(root, onSelect);
    this.chart = new PriceChart(parts.chart, parts.readout, options.refreshSeconds);
    this.history = history;
    this.onStream = onStream;
    this.options = options;
  }

  get symbol() {
    return this.#symbol;
  }

  show(symbol) {
    this.#symbol = symbol;
    this.view.expectData();
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
    if (!quote) {
      this.view.show(symbol, data, `There is no quote of ${symbol}`);
      return;
    }
    this.history.add(symbol, quote.price, at);
    this.view.show(symbol, data);
    document.title = [symbol, quote.price, quote.percentChange, `· ${SITE}`].join(" ");
    this.chart.show(symbol, quote.price, previousClose(quote), this.history.of(symbol));
  }

  #refuse(problem) {
    this.#follow(null);
    this.view.refuse(this.#symbol, problem);
    this.chart.show(this.#symbol, "", null, []);
  }
}
