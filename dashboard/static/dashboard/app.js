/** The dashboard: puts the panels together. */

import { putInAddress, symbolInAddress } from "./address.js";
import { Connection } from "./connection.js";
import { PriceHistory } from "./history.js";
import { showHours } from "./hours.js";
import { showMarket } from "./market.js";
import { Profile } from "./profile.js";
import { isSessionOver } from "./session.js";
import { Watchlist } from "./watchlist.js";

const SHORTEST_SILENCE_SECONDS = 30;
const SILENT_TICKS = 4;

const isOneColumn = matchMedia("(width < 46rem)");
const panel = (id) => document.getElementById(id);
const refreshSeconds = Number(document.body.dataset.refreshSeconds);
const options = {
  base: document.body.dataset.base,
  refreshSeconds,
  silenceSeconds: Math.max(SHORTEST_SILENCE_SECONDS, SILENT_TICKS * refreshSeconds),
};

const history = new PriceHistory(refreshSeconds);
const endIfSignedOut = async () => (await isSessionOver()) && connection.end();
const connection = new Connection(
  panel("connection"), panel("notice"), refreshSeconds, endIfSignedOut,
);

const select = (symbol) => {
  putInAddress(symbol);
  show(symbol);
  if (isOneColumn.matches) {
    panel("symbol").scrollIntoView({ block: "start" });
  }
};
const marketPanels = Object.fromEntries(
  ["indices", "movers", "sectors", "headlines"].map((id) => [id, panel(id)]),
);
const watchlist = new Watchlist(panel("watchlist"), history, select, options);
const market = showMarket(marketPanels, history, select, options);
const hours = showHours(panel("hours"), options);
const onStream = (stream) => connection.follow("profile", stream, [panel("symbol")]);
const profile = new Profile(panel("symbol"), history, { onSelect: select, onStream }, options);

connection.follow("quotes", watchlist.stream, [panel("watchlist")]);
connection.follow("market", market.stream, Object.values(marketPanels));
connection.follow("hours", hours.stream, [panel("hours")]);

const star = panel("star");
star.addEventListener("click", () => {
  const isIn = watchlist.has(profile.symbol);
  watchlist[isIn ? "remove" : "add"](profile.symbol);
});
watchlist.onChange = () => star.setAttribute("aria-pressed", String(watchlist.has(profile.symbol)));

function show(symbol) {
  if (symbol !== profile.symbol) {
    profile.show(symbol);
    watchlist.select(symbol);
    market.mark(symbol);
    watchlist.onChange();
  }
}

show(symbolInAddress());
addEventListener("hashchange", () => show(symbolInAddress()));
delete document.body.dataset.loading;

setInterval(() => {
  connection.tick();
  hours.tick();
}, 1000);
