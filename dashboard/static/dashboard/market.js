/** The market overview: one stream that fills tiles, movers, sectors and headlines. */

import { connect } from "./financequery.js";
import { Movers } from "./movers.js";
import { NewsList } from "./news.js";
import { SectorBars } from "./sectors.js";
import { IndexTiles } from "./tiles.js";
import { partsOf } from "./values.js";

const HEADLINES = 10;

/**
 * @param {Record<"indices" | "movers" | "sectors" | "headlines", HTMLElement>} panels
 * @param {import("./history.js").PriceHistory} history
 * @param {(symbol: string) => void} onSelect called when a symbol is clicked
 * @param {import("./financequery.js").Options} options
 * @returns {{stream: import("./financequery.js").Stream, mark: (symbol: string) => void}}
 */
export function showMarket(panels, history, onSelect, options) {
  const tiles = new IndexTiles(partsOf(panels.indices).tiles, history, onSelect);
  const movers = new Movers(partsOf(panels.movers), onSelect);
  const { bars, periods } = partsOf(panels.sectors);
  const sectors = new SectorBars(bars, periods);
  const headlines = new NewsList(partsOf(panels.headlines).news, HEADLINES);

  const stream = connect("/market", options);
  stream.addEventListener("message", ({ detail: { data, at } }) => {
    tiles.show(data.indices, at);
    movers.show(data);
    sectors.show(data.sectors);
    headlines.show(data.headlines);
  });
  return { stream, mark: (symbol) => tiles.mark(symbol) };
}
