/** The indices everybody knows, as tiles. */

import { Sparkline } from "./sparkline.js";
import {
  button, element, numberIn, previousClose, showChange, showPrice, showText, trendOf,
} from "./values.js";

const TILES = ["^GSPC", "^DJI", "^IXIC", "^RUT", "^VIX", "^FTSE", "^GDAXI", "^N225"];

export class IndexTiles {
  /**
   * @param {HTMLElement} list
   * @param {import("./history.js").PriceHistory} history
   * @param {(symbol: string) => void} onSelect
   */
  constructor(list, history, onSelect) {
    this.history = history;
    this.tiles = TILES.map(() => {
      const tile = new Tile(onSelect);
      list.append(element("li", "", tile.root));
      return tile;
    });
    this.show([], 0);
  }

  /** The best known ones; where they are missing, the next of the others. */
  show(indices, at) {
    const bySymbol = new Map(indices.map((index) => [index.symbol, index]));
    const others = indices.filter(({ symbol }) => !TILES.includes(symbol));
    this.tiles.forEach((tile, position) => {
      const index = bySymbol.get(TILES[position]) ?? others.shift();
      this.history.add(index?.symbol, index?.value, at);
      tile.show(index, this.history.of(index?.symbol));
    });
  }

  mark(symbol) {
    this.tiles.forEach((tile) => tile.mark(symbol));
  }
}

function yearText(text) {
  const value = numberIn(text);
  return value === null ? "" : `1Y ${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(1)}%`;
}

class Tile {
  #index = null;

  constructor(onSelect) {
    this.name = element("span", "tile-name muted");
    this.value = element("span", "price tile-value");
    this.percent = element("span", "change");
    this.year = element("span", "tile-year muted");
    this.spark = new Sparkline();
    this.root = button("tile", () => this.#index && onSelect(this.#index.symbol));
    const foot = element("span", "tile-foot", this.percent, this.year);
    this.root.append(this.name, this.value, this.spark.svg, foot);
  }

  show(index, session) {
    this.#index = index ?? null;
    this.root.disabled = !index;
    showText(this.name, index?.name);
    showPrice(this.value, index?.value?.toFixed(2), index?.symbol);
    showChange(this.percent, index?.percentChange);
    this.year.textContent = yearText(index?.yearReturn);
    const close = index ? previousClose({ price: index.value, change: index.change }) : null;
    this.spark.show(session, numberIn(close), trendOf(index?.percentChange));
  }

  mark(symbol) {
    this.root.toggleAttribute("data-selected", this.#index?.symbol === symbol);
  }
}
