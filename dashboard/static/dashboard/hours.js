/** The market's status in the page's header, with a countdown. */

import { connect } from "./financequery.js";
import { partsOf, showText } from "./values.js";

const STATUS = {
  open: "Market open",
  closed: "Market closed",
  "pre-market": "Pre-market",
  "after-hours": "After hours",
};
const MOMENT = new Intl.DateTimeFormat("en-GB", {
  timeZone: "America/New_York",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/**
 * @param {HTMLElement} root
 * @param {import("./financequery.js").Options} options
 * @returns {{stream: import("./financequery.js").Stream, tick: () => void}} tick: every second
 */
export function showHours(root, options) {
  const parts = partsOf(root);
  let hours = null;
  let aheadMs = 0;

  function tick() {
    if (hours) {
      const isOpen = hours.session === "open";
      const at = Date.parse(isOpen ? hours.nextClose : hours.nextOpen);
      const left = durationText(at - Date.now() + aheadMs);
      showText(parts.countdown, `${isOpen ? "closes" : "opens"} in ${left}`);
    }
  }

  const stream = connect("/hours", options);
  stream.addEventListener("message", ({ detail: { data, at } }) => {
    hours = data;
    // The server's clock counts: this one may be wrong.
    aheadMs = at - Date.parse(data.timestamp);
    root.dataset.session = data.session;
    const [open, close] = [data.nextOpen, data.nextClose].map(newYork);
    root.title = `${data.reason}. Next open ${open}, next close ${close}, New York time.`;
    showText(parts.status, STATUS[data.session] ?? data.status);
    showText(parts.reason, data.reason);
    tick();
  });
  return { stream, tick };
}

function newYork(moment) {
  return MOMENT.format(new Date(moment));
}

/** "2 d 04 h", "3 h 05 m", "4 m 20 s": two units, always as wide. */
export function durationText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) {
    return `${days} d ${twoDigits(hours)} h`;
  }
  return hours > 0
    ? `${hours} h ${twoDigits(minutes)} m`
    : `${minutes} m ${twoDigits(seconds % 60)} s`;
}

function twoDigits(number) {
  return String(number).padStart(2, "0");
}
