/** How the source of the data is, as the server's /readyz says, told in a banner. */

import { showText } from "./values.js";

const TIMEOUT_MS = 5_000;
const SHORTEST_PAUSE_MS = 5_000;
const TICKS_BETWEEN = 2;
const TIME = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });
const NAMES = { yahoo: "Yahoo" };
const WELL = { state: "ok", kinds: {} };

const WHY_DOWN = {
  unreachable: "cannot be reached",
  timeout: "does not answer in time",
  errors: "answers with errors",
  rate_limited: "takes no more questions for now",
  refused: "refuses to answer",
  authentication: "does not let this server in",
  invalid_answers: "answers in a way that cannot be read",
};
const KINDS = {
  quotes: "prices",
  details: "facts",
};

export class Source {
  #state = WELL;
  #askedAt = 0;
  #isAsking = false;
  #answeredFrom = 0;

  /**
   * @param {HTMLElement} banner
   * @param {string} address of /readyz
   * @param {number} refreshSeconds
   */
  constructor(banner, address, refreshSeconds) {
    this.banner = banner;
    this.address = address;
    this.pauseMs = Math.max(SHORTEST_PAUSE_MS, TICKS_BETWEEN * refreshSeconds * 1000);
    this.onChange = () => {};
  }

  /** @returns {"ok" | "degraded" | "paused" | "down"} */
  get state() {
    return this.#state.state;
  }

  /** Can a kind of data be had? What nobody has said to be missing can. */
  has(kind) {
    return ["ok", "degraded"].includes(this.#state.kinds[kind]?.state ?? this.state);
  }

  /** Is what an answer lacks unknown to the source, rather than out of reach? */
  get isReliable() {
    return (this.#state.kinds.quotes?.state ?? this.state) === "ok";
  }

  /** Has the server said how the source is since a moment? What it said before may be outdated. */
  hasAnsweredSince(at) {
    return this.#answeredFrom > at;
  }

  /** Called every second. */
  tick() {
    if (!document.hidden && Date.now() - this.#askedAt >= this.pauseMs) {
      this.ask();
    }
  }

  /** Something looks wrong: do not wait for the next turn. */
  askSoon() {
    if (Date.now() - this.#askedAt >= 1000) {
      this.ask();
    }
  }

  async ask() {
    if (this.#isAsking) {
      return;
    }
    this.#isAsking = true;
    this.#askedAt = Date.now();
    const answer = await answerOf(this.address);
    this.#isAsking = false;
    this.#answeredFrom = this.#askedAt;
    this.#become(answer?.source?.state ? { kinds: {}, ...answer.source } : WELL);
  }

  #become(state) {
    const text = bannerText(state);
    this.#state = state;
    this.banner.hidden = text === "";
    if (text) {
      showText(this.banner, text);
    }
    this.onChange();
  }
}

/** A 503 has the same shape: this process may lack something else. */
async function answerOf(address) {
  try {
    const answer = await fetch(address, {
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return await answer.json();
  } catch {
    return null; // the server is away, or an old one: the connections tell of that
  }
}

function bannerText({ name, state, since, reason, kinds }) {
  const who = NAMES[name] ?? (name ? `The source “${name}”` : "The source");
  const from = Number.isNaN(Date.parse(since)) ? "" : ` since ${TIME.format(new Date(since))}`;
  switch (state) {
    case "down":
      return `${who} ${WHY_DOWN[reason] ?? "sends no data"}${from}. Prices are missing or old until that changes.`;
    case "paused":
      return `${who} is not asked${from}, after it failed too often. Prices are missing or old until it is asked again.`;
    case "degraded":
      return `${who} answers only in part${from}. ${missingText(kinds)} may be missing or old.`;
    default:
      return "";
  }
}

function missingText(kinds) {
  const ailing = Object.keys(kinds).filter((kind) => kinds[kind].state !== "ok");
  const text = ailing.map((kind) => KINDS[kind] ?? kind).join(", ") || "some data";
  return text[0].toUpperCase() + text.slice(1);
}
