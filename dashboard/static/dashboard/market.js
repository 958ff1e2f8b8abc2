/** The market panel: indices, movers, sectors, headlines. */

import { NewsList, element, showChange, showPrice, showText } from "./cells.js";
import { connect } from "./financequery.js";

const TILES = [
  "^GSPC", "^DJI", "^IXIC", "^RUT", "^VIX", "^GSPTSE",
  "^STOXX50E", "^FTSE", "^GDAXI", "^FCHI", "^N225", "^HSI",
];
const MOVERS_SHOWN = 5;
const SECTORS_SHOWN = 11;
const HEADLINES_SHOWN = 5;

/**
 * @param {import("./panel.js").Panel} panel
 * @param {import("./financequery.js").Options} options
 * @param {(symbol: string) => void} onSelect called when a symbol is clicked
 */
export function showMarket(panel, options, onSelect) {
  const part = (name) => panel.root.querySelector(`[data-part=${name}]`);
  const indices = new IndexTiles(part("indices"));
  const movers = ["actives", "gainers", "losers"].map((key) => [
    key,
    new MoverRows(part(key), onSelect),
  ]);
  const sectors = new SectorBars(part("sectors"));
  const headlines = new NewsList(part("headlines"), HEADLINES_SHOWN);

  const stream = connect("/market", options);
  stream.addEventListener("message", ({ detail: { data } }) => {
    indices.show(data.indices);
    movers.forEach(([key, rows]) => rows.show(data[key]));
    sectors.show(data.sectors);
    headlines.show(data.headlines);
  });
  panel.follow(stream, "/market");
}

class IndexTiles {
  constructor(list) {
    this.tiles = TILES.map(() => {
      const tile = {
        name: element("span", "muted name"),
        value: element("span", "price"),
        percent: element("span", "number"),
      };
      list.append(element("li", "tile", tile.name, tile.value, tile.percent));
      return tile;
    });
    this.show([]);
  }

  /** The best known ones; where they are missing, the next of the others. */
  show(indices) {
    const bySymbol = new Map(indices.map((index) => [index.symbol, index]));
    const others = indices.filter(({ symbol }) => !TILES.includes(symbol));
    this.tiles.forEach((tile, position) => {
      const index = bySymbol.get(TILES[position]) ?? others.shift();
      showText(tile.name, index?.name);
      showPrice(tile.value, index?.value?.toFixed(2), index?.symbol);
      showChange(tile.percent, index?.percentChange);
    });
  }
}

class MoverRows {
  constructor(body, onSelect) {
    this.rows = Array.from({ length: MOVERS_SHOWN }, () => {
      const symbol = element("button", "symbol");
      symbol.type = "button";
      symbol.addEventListener("click", () => onSelect(symbol.textContent));
      const head = element("th", "", symbol);
      head.scope = "row";
      const cells = { symbol, price: element("span", "price"), percent: element("td", "number") };
      body.append(element("tr", "", head, element("td", "number", cells.price), cells.percent));
      return cells;
    });
    this.show([]);
  }

  show(movers) {
    this.rows.forEach(({ symbol, price, percent }, index) => {
      const mover = movers[index];
      symbol.disabled = !mover;
      symbol.title = mover?.name ?? "";
      showText(symbol, mover?.symbol);
      showPrice(price, mover?.price, mover?.symbol);
      showChange(percent, mover?.percentChange);
    });
  }
}

class SectorBars {
  constructor(list) {
    this.bars = Array.from({ length: SECTORS_SHOWN }, () => {
      const bar = {
        name: element("span", "name"),
        fill: element("span", "bar-fill"),
        percent: element("span", "number"),
      };
      const track = element("span", "bar", bar.fill);
      track.setAttribute("aria-hidden", "true");
      list.append(element("li", "sector", bar.name, track, bar.percent));
      return bar;
    });
    this.show([]);
  }

  /** Strongest first. */
  show(sectors) {
    const returns = sectors.map((sector) => [sector, Number.parseFloat(sector.dayReturn) || 0]);
    returns.sort(([, one], [, other]) => other - one);
    const longest = Math.max(...returns.map(([, value]) => Math.abs(value)), 0.01);
    this.bars.forEach(({ name, fill, percent }, index) => {
      const [sector, value] = returns[index] ?? [null, 0];
      showText(name, sector?.sector);
      showChange(percent, sector?.dayReturn);
      fill.dataset.trend = value < 0 ? "down" : "up";
      fill.style.width = `${(50 * Math.abs(value)) / longest}%`;
    });
  }
}
