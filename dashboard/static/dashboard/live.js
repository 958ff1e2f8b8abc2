/** The live page: puts the four panels together. */

import { showHours } from "./hours.js";
import { showMarket } from "./market.js";
import { Panel } from "./panel.js";
import { showProfile } from "./profile.js";
import { showQuotes } from "./quotes.js";

const SHORTEST_SILENCE_SECONDS = 30;
const SILENT_TICKS = 4;

const refreshSeconds = Number(document.body.dataset.refreshSeconds);
const options = {
  silenceSeconds: Math.max(SHORTEST_SILENCE_SECONDS, SILENT_TICKS * refreshSeconds),
};
const panels = ["quotes", "market", "hours", "profile"].map(
  (id) => new Panel(document.getElementById(id), refreshSeconds, stateChanged),
);
const [quotes, market, hours, profile] = panels;

const follow = showProfile(profile, options);
const select = (symbol) => {
  follow(symbol);
  profile.root.scrollIntoView({ block: "nearest" });
};
showQuotes(quotes, options, select);
showMarket(market, options, select);
const tickHours = showHours(hours, document.getElementById("market-status"), options);

delete document.body.dataset.loading;

setInterval(() => {
  panels.forEach((panel) => panel.tick());
  tickHours();
}, 1000);

function stateChanged(panel) {
  if (panel.state === "open") {
    // The server is back: the others need not wait any longer.
    panels.forEach((other) => other.retry());
  }
  announce();
}

/** Tells those who cannot see it, once, that all is lost or well again. */
function announce() {
  const announcement = document.getElementById("announcement");
  if (panels.every(({ state }) => state === "waiting")) {
    announcement.textContent = "Connection lost. Reconnecting.";
  } else if (announcement.textContent && panels.every(({ state }) => state === "open")) {
    announcement.textContent = "Connected again.";
  }
}
