/** What all panels have: connection state, age of the last message, the message itself. */

import { showText } from "./cells.js";

const LATE_TICKS = 3;

export class Panel {
  #stream = null;
  #latestText = null;

  /**
   * @param {HTMLElement} root the panel's section
   * @param {number} refreshSeconds how often messages are expected
   * @param {(panel: Panel) => void} onState called when the connection state has changed
   */
  constructor(root, refreshSeconds, onState) {
    this.root = root;
    this.refreshSeconds = refreshSeconds;
    this.onState = onState;
    this.stateText = root.querySelector("[data-part=state]");
    this.age = root.querySelector("[data-part=age]");
    this.path = root.querySelector("[data-part=path]");
    this.raw = root.querySelector("[data-part=raw]");
    this.rawText = this.raw.querySelector("pre");
    this.raw.addEventListener("toggle", () => this.#showRaw());
  }

  get state() {
    return this.#stream?.state ?? "closed";
  }

  /**
   * Show this stream's state from now on; a stream followed before is closed.
   *
   * @param {import("./financequery.js").Stream} stream
   * @param {string} path how the endpoint is called
   */
  follow(stream, path) {
    this.#stream?.close();
    this.#stream = stream;
    this.#latestText = null;
    showText(this.path, path);
    stream.addEventListener("state", () => {
      if (stream === this.#stream) {
        this.#showState();
        this.onState(this);
      }
    });
    stream.addEventListener("message", ({ detail }) => {
      if (stream === this.#stream) {
        this.#latestText = detail.text;
        this.#showRaw();
        this.tick();
      }
    });
    this.#showState();
    this.#showRaw();
  }

  /** Connect now instead of waiting. */
  retry() {
    this.#stream?.retry();
  }

  /** Called every second: what depends on the clock. */
  tick() {
    this.#showState();
    const at = this.#stream?.lastMessageAt;
    const seconds = at ? Math.max(0, Math.round((Date.now() - at) / 1000)) : null;
    showText(this.age, seconds === null ? null : ageText(seconds));
    this.age.toggleAttribute("data-late", seconds > LATE_TICKS * this.refreshSeconds);
  }

  #showState() {
    this.root.dataset.state = this.state;
    showText(this.stateText, stateText(this.#stream));
  }

  #showRaw() {
    // Large messages are worth their layout only when somebody looks.
    if (this.raw.open) {
      showText(this.rawText, this.#latestText && indented(this.#latestText));
    }
  }
}

function stateText(stream) {
  switch (stream?.state) {
    case "connecting":
      return "Connecting";
    case "open":
      return "Live";
    case "waiting":
      return stream.retryAt === null ? "Idle" : `Retry in ${secondsUntil(stream.retryAt)} s`;
    default:
      return "Closed";
  }
}

function secondsUntil(at) {
  return Math.max(0, Math.ceil((at - Date.now()) / 1000));
}

function ageText(seconds) {
  if (seconds < 1) {
    return "now";
  }
  return seconds < 100 ? `${seconds} s ago` : `${Math.round(seconds / 60)} min ago`;
}

function indented(json) {
  return JSON.stringify(JSON.parse(json), null, 2);
}
