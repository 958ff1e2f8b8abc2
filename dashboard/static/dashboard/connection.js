/** The state of all streams together: connected or not, how old the data is, what is stale. */

import { CLOSE } from "./financequery.js";
import { partsOf, showText } from "./values.js";

/** States of a stream without a connection, the worst first. */
const AWAY = ["closed", "waiting", "connecting"];
const LATE_TICKS = 3;
const SHORTEST_LATENESS_SECONDS = 5;

export class Connection {
  #followed = new Map();
  #wasLost = false;

  /**
   * @param {HTMLElement} root
   * @param {HTMLElement} notice shown when no reconnect will help
   * @param {number} refreshSeconds
   * @param {import("./source.js").Source} source
   * @param {() => void} onLost called when a connection was lost or could not be made
   */
  constructor(root, notice, refreshSeconds, source, onLost) {
    this.root = root;
    this.notice = notice;
    this.parts = partsOf(root);
    this.lateSeconds = Math.max(SHORTEST_LATENESS_SECONDS, LATE_TICKS * refreshSeconds);
    this.source = source;
    this.onLost = onLost;
    this.parts.retry.addEventListener("click", () => this.#streams.forEach((s) => s.retry()));
  }

  /**
   * @param {string} name
   * @param {import("./financequery.js").Stream | null} stream replaces the one of this name
   * @param {HTMLElement[]} panels what is stale when this stream's data is; their `data-kind` says
   *   which of the source's data they show
   */
  follow(name, stream, panels) {
    this.#followed.set(name, { stream, panels, since: Date.now() });
    stream?.addEventListener("state", ({ detail }) => {
      if (this.#followed.get(name).stream === stream) {
        this.#changed(stream, detail);
      }
    });
    this.tick();
  }

  /** Called every second: what depends on the clock. */
  tick() {
    const oldest = this.#showAges();
    const state = this.#state(oldest);
    this.#askSource(state, state !== this.root.dataset.state);
    this.root.dataset.state = state;
    showText(this.parts.state, this.#stateText(state));
    this.parts.retry.hidden = state !== "waiting";
    this.#announce(state);
  }

  /** A server that is away need not be asked; once something has changed, it is asked soon. */
  #askSource(state, hasChanged) {
    if (!AWAY.includes(state)) {
      hasChanged ? this.source.askSoon() : this.source.tick();
    }
  }

  /** Nobody is let in any more: stop trying, and say so. */
  end() {
    this.#streams.forEach((stream) => stream.close());
    this.notice.hidden = false;
    this.tick();
  }

  get #streams() {
    return [...this.#followed.values()].map(({ stream }) => stream).filter(Boolean);
  }

  #changed(stream, { state, code }) {
    if (state === "open") {
      // The server is back: the others need not wait any longer.
      this.#streams.forEach((other) => other.retry());
    } else if (code === CLOSE.NOT_AUTHENTICATED) {
      this.end();
    } else if (state === "waiting" && code !== null) {
      this.onLost();
    }
    this.tick();
  }

  /** Tells those who cannot see it, once, that all is lost or well again. */
  #announce(state) {
    if (state === "waiting" && !this.#wasLost) {
      this.#wasLost = true;
      this.parts.told.textContent = "Connection lost. Reconnecting.";
    } else if (state === "open" && this.#wasLost) {
      this.#wasLost = false;
      this.parts.told.textContent = "Connected again.";
    }
  }

  /** Live is only what is connected, in time, and of a source that answers. */
  #state(oldest) {
    const states = this.#streams.filter((stream) => !isIdle(stream)).map(({ state }) => state);
    const worst = AWAY.find((state) => states.includes(state));
    return worst ?? this.#quality(oldest);
  }

  #quality(oldest) {
    if (oldest > this.lateSeconds) {
      return "late";
    }
    return this.source.state === "ok" ? "open" : this.source.state;
  }

  #stateText(state) {
    switch (state) {
      case "open":
        return "Live";
      case "late":
        return "Out of date";
      case "down":
      case "paused":
        return "No data";
      case "degraded":
        return "Some data missing";
      case "connecting":
        return "Connecting…";
      case "waiting":
        return `Reconnecting in ${this.#secondsToRetry()} s`;
      default:
        return this.notice.hidden ? "Disconnected" : "Signed out";
    }
  }

  #secondsToRetry() {
    const waiting = this.#streams.filter(({ retryAt }) => retryAt !== null);
    const next = Math.min(...waiting.map(({ retryAt }) => retryAt));
    return Math.max(0, Math.ceil((next - Date.now()) / 1000));
  }

  #showAges() {
    const ages = [...this.#followed.values()].map((followed) => this.#showAge(followed));
    const oldest = Math.max(0, ...ages);
    showText(this.parts.age, ageText(oldest));
    this.parts.age.toggleAttribute("data-late", oldest > this.lateSeconds);
    return oldest;
  }

  #showAge({ stream, panels, since }) {
    const seconds = isIdle(stream)
      ? 0
      : Math.max(0, Math.round((Date.now() - (stream.lastMessageAt ?? since)) / 1000));
    panels.forEach((panel) => {
      const { kind } = panel.dataset;
      const isMissing = kind !== undefined && !this.source.has(kind);
      panel.toggleAttribute("data-stale", isMissing || seconds > this.lateSeconds);
    });
    return seconds;
  }
}

/** It follows nothing, and so has nothing to wait for. */
function isIdle(stream) {
  return stream === null || (stream.state === "waiting" && stream.retryAt === null);
}

function ageText(seconds) {
  if (seconds < 1) {
    return "now";
  }
  return seconds < 100 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}
