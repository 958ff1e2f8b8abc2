/** The hours panel, and the market status in the page's header. */

import { showText } from "./cells.js";
import { connect } from "./financequery.js";

const NEW_YORK_TIME = new Intl.DateTimeFormat("en-GB", {
  timeZone: "America/New_York",
  weekday: "short",
  hour: "2-digit",
  minute: "2-digit",
});

/**
 * @param {import("./panel.js").Panel} panel
 * @param {HTMLElement} badge the status in the header
 * @param {import("./financequery.js").Options} options
 * @returns {() => void} call it every second: the countdown
 */
export function showHours(panel, badge, options) {
  const part = (name) => panel.root.querySelector(`[data-part=${name}]`);
  const badgeStatus = badge.querySelector("[data-part=badge-status]");
  const badgeCountdown = badge.querySelector("[data-part=badge-countdown]");
  let hours = null;

  function show() {
    showText(part("status"), hours.status);
    showText(part("reason"), hours.reason);
    showText(part("session"), hours.session);
    showText(part("next-open"), NEW_YORK_TIME.format(new Date(hours.nextOpen)));
    showText(part("next-close"), NEW_YORK_TIME.format(new Date(hours.nextClose)));
    panel.root.dataset.session = badge.dataset.session = hours.session;
    showText(badgeStatus, isOpen() ? "Market open" : "Market closed");
    tick();
  }

  function tick() {
    if (hours) {
      const [verb, at] = isOpen() ? ["closes", hours.nextClose] : ["opens", hours.nextOpen];
      const text = `${verb} in ${durationText(Date.parse(at) - Date.now())}`;
      showText(badgeCountdown, text);
      showText(part("countdown"), text);
    }
  }

  function isOpen() {
    return hours.session === "open";
  }

  const stream = connect("/hours", options);
  stream.addEventListener("message", ({ detail }) => {
    hours = detail.data;
    show();
  });
  panel.follow(stream, "/hours");
  return tick;
}

/** "2 d 4 h", "3 h 05 min", "4 min 20 s" */
function durationText(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [days, hours] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24];
  const minutes = Math.floor(seconds / 60) % 60;
  if (days > 0) {
    return `${days} d ${hours} h`;
  }
  if (hours > 0) {
    return `${hours} h ${String(minutes).padStart(2, "0")} min`;
  }
  return `${minutes} min ${String(seconds % 60).padStart(2, "0")} s`;
}
