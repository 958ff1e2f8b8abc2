/** The dashboard: puts the panels together. */

import { putInAddress, symbolInAddress } from "./address.js";
import { Connection } from "./connection.js";
import { PriceHistory } from "./history.js";
import { showHours } from "./hours.js";
import { showMarket } from "./market.js";
import { Profile } from "./profile.js";
import { isSessionOver } from "./session.js";
import { Source } from "./source.js";
import { Watchlist } from "./watchlist.js";

/** A cluster takes over from whoever refreshed within two ticks: what takes longer is lost. */
const SHORTEST_SILENCE_SECONDS = 10;
const SILENT_TICKS = 2.5;

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
const source = new Source(panel("source"), `${options.base.replace(/\/+$/, "")}/readyz`, refreshSeconds);
const connection = new Connection(
  panel("connection"), panel("notice"), refreshSeconds, source, endIfSignedOut,
);
source.onChange = () => connection.tick();

const open = (symbol) => {
  putInAddress(symbol);
  show(symbol);
};
const select = (symbol) => {
  open(symbol);
  if (isOneColumn.matches) {
    panel("symbol").scrollIntoView({ block: "start" });
  }
};
const marketPanels = Object.fromEntries(
  ["indices", "movers", "sectors", "headlines"].map((id) => [id, panel(id)]),
);
const chosen = { onSelect: select, onAdd: open };
const watchlist = new Watchlist(panel("watchlist"), history, chosen, source, options);
const market = showMarket(marketPanels, history, select, options);
const hours = showHours(panel("hours"), options);
const onStream = (stream) =>
  connection.follow("profile", stream, [panel("symbol")]);
const callbacks = { onSelect: select, onStream };
const profile = new Profile(panel("symbol"), history, callbacks, source, options);

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
