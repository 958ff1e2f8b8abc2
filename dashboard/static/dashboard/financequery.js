/**
 * Finance Query's client for browsers and Node.js 22: live market data, with reconnects.
 * One file, no dependencies; docs/client.md describes it.
 *
 *     import { connect } from "financequery.js";
 *
 *     const quotes = connect("/quotes", { symbols: ["AAPL", "MSFT"] });
 *     quotes.addEventListener("message", ({ detail }) => console.log(detail.data));
 *     quotes.addEventListener("error", ({ detail }) => console.warn(detail.message));
 *     quotes.addEventListener("state", ({ detail }) => console.log(detail.state));
 *     quotes.setSymbols("NVDA, BTC-USD");
 *     quotes.close();
 *
 * docs/protocol.md describes the endpoints and their messages.
 */

/** What close codes ask of a client; all others mean: come back, with growing pauses. */
export const CLOSE = Object.freeze({
  NORMAL: 1000,
  TOO_BIG: 1009,
  RESTART: 1012,
  NOT_AUTHENTICATED: 4401,
  OVER_LIMIT: 4429,
});
/** What browsers report when a connection is lost or was never made. */
const CONNECTION_LOST = 1006;

const SHORTEST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;
const RESTART_PAUSE_MS = 3_000;
const OVER_LIMIT_PAUSE_MS = 15_000;
/** A handshake that nobody answers is given up: browsers wait for minutes. */
const CONNECT_TIMEOUT_MS = 15_000;

/** A subprotocol may contain these characters only (RFC 9110, token). */
const KEY = /^[\w!#$%&'*+.^`|~-]+$/;

/**
 * @typedef {"connecting" | "open" | "waiting" | "closed"} State
 *   waiting: not connected, will be (see `retryAt`); closed: will not come back by itself.
 *
 * @typedef {object} Options
 * @property {string | string[]} [symbols] what to follow; for /quotes, where it is needed
 * @property {string} [key] an API key; travels as a subprotocol, never in the URL
 * @property {string | URL} [base] the server, with the prefix that the endpoints have there, if
 *   any: "https://example.com/markets", or "/markets" on this page's own; default: this page's
 * @property {number} [silenceSeconds] reconnect after so long without a message (a laptop that
 *   slept, a network that changed: browsers notice late); default 0: never
 *
 * @typedef {object} MessageDetail
 * @property {any} data the message, without its metadata
 * @property {string} text the message as it came
 * @property {number} at when it came, in milliseconds as of Date.now()
 *
 * @typedef {object} ErrorDetail
 * @property {string} code for programs, for example "invalid_symbol"
 * @property {string} message for people
 *
 * @typedef {object} StateDetail
 * @property {State} state
 * @property {number | null} code the close code behind "waiting" and "closed", if there was one
 */

/**
 * Connect to an endpoint, for example "/quotes", "/market", "/hours" or `profileOf("AAPL")`.
 *
 * @param {string} endpoint
 * @param {Options} [options]
 * @returns {Stream}
 */
export function connect(endpoint, options = {}) {
  return new Stream(endpoint, options);
}

/**
 * The endpoint of a symbol's profile.
 *
 * @param {string} symbol
 * @returns {string}
 */
export function profileOf(symbol) {
  return `/profile/${encodeURIComponent(symbol.trim().toUpperCase())}`;
}

/** The endpoint below the path of `base`, which `new URL(endpoint, base)` would drop. */
function urlOf(endpoint, base) {
  const here = globalThis.location?.href;
  if (base === undefined) {
    return new URL(endpoint, here);
  }
  const root = new URL(base, here);
  return new URL(`${root.pathname.replace(/\/+$/, "")}/${endpoint.replace(/^\/+/, "")}`, root);
}

/**
 * The symbols in a text or list, upper case, each once, in the order given.
 *
 * @param {string | string[]} symbols
 * @returns {string[]}
 */
export function parseSymbols(symbols) {
  const texts = Array.isArray(symbols) ? symbols : symbols.split(",");
  return [...new Set(texts.map((text) => text.trim().toUpperCase()).filter(Boolean))];
}

/**
 * A connection that comes back.
 *
 * Events (`event.detail`): "message" ({@link MessageDetail}), "error" ({@link ErrorDetail}: the
 * server refused what was asked; the connection and its former symbols stay), "metadata" (what the
 * server says of the key's limits), "state" ({@link StateDetail}).
 */
export class Stream extends EventTarget {
  /** @type {State} */
  #state = "connecting";
  #url;
  #key;
  #silenceMs;
  #socket = null;
  #retryTimer = 0;
  #retryAt = null;
  #silenceTimer = 0;
  #heardAt = 0;
  #connectTimer = 0;
  #closeCode = null;
  #failures = 0;
  #lastMessageAt = null;
  #needsSymbols;
  #symbols;
  // What to return to when the server refuses a change; whether data of the last one has come; and
  // how many more messages it takes until a refusal of it is out of the question: the first after
  // a change may still be a tick of the symbols before.
  #settledSymbols = [];
  #isAnswered = false;
  #doubtfulMessages = 0;
  #woken = () => globalThis.document?.visibilityState !== "hidden" && this.#askNow();

  /**
   * @param {string} endpoint
   * @param {Options} [options]
   */
  constructor(endpoint, { symbols, key, base, silenceSeconds = 0 } = {}) {
    super();
    if (key !== undefined && !KEY.test(key)) {
      throw new TypeError("This cannot be a key: it has characters that no key has.");
    }
    this.#url = urlOf(endpoint, base);
    this.#url.protocol = this.#url.protocol.replace("http", "ws");
    this.#key = key;
    this.#silenceMs = silenceSeconds * 1000;
    this.#needsSymbols = symbols !== undefined;
    this.#symbols = parseSymbols(symbols ?? []);
    globalThis.addEventListener?.("online", this.#woken);
    globalThis.addEventListener?.("pageshow", this.#woken);
    globalThis.document?.addEventListener("visibilitychange", this.#woken);
    // Later, so that the caller can add listeners first.
    queueMicrotask(() => this.#state === "connecting" && this.#open());
  }

  get state() {
    return this.#state;
  }

  /** The close code of the last connection that ended, while there is no new one; or null. */
  get closeCode() {
    return this.#closeCode;
  }

  /** When the next attempt is due while waiting, in milliseconds as of Date.now(), or null. */
  get retryAt() {
    return this.#retryAt;
  }

  /** When the last data came, in milliseconds as of Date.now(), or null. */
  get lastMessageAt() {
    return this.#lastMessageAt;
  }

  /** The symbols that are followed, also after a reconnect. */
  get symbols() {
    return [...this.#symbols];
  }

  /** Has data come since the symbols were last changed? Until then some are merely awaited. */
  get isSettled() {
    return this.#isAnswered;
  }

  /**
   * Follow these symbols instead. If the server refuses, an "error" event tells why, and
   * `symbols` is what it was before.
   *
   * @param {string | string[]} symbols
   */
  setSymbols(symbols) {
    const former = this.#symbols;
    if (this.#isAnswered) {
      this.#settledSymbols = former;
      this.#isAnswered = false;
    }
    this.#needsSymbols = true;
    this.#symbols = parseSymbols(symbols);
    if (this.#state === "open") {
      this.#sendSymbols(former);
    } else if (this.#state === "waiting" && this.#retryAt === null) {
      this.#open();
    }
  }

  /** Follow these symbols, too. @param {string | string[]} symbols */
  subscribe(symbols) {
    this.setSymbols([...this.#symbols, ...parseSymbols(symbols)]);
  }

  /** Follow these symbols no longer. @param {string | string[]} symbols */
  unsubscribe(symbols) {
    const removed = new Set(parseSymbols(symbols));
    this.setSymbols(this.#symbols.filter((symbol) => !removed.has(symbol)));
  }

  /** Connect now instead of waiting for the next attempt. */
  retry() {
    if (this.#state === "waiting" && this.#retryAt !== null) {
      this.#open();
    }
  }

  /** Say goodbye, for good. */
  close() {
    if (this.#state !== "closed") {
      this.#drop();
      this.#end(null);
    }
  }

  #open() {
    clearTimeout(this.#retryTimer);
    this.#retryAt = null;
    if (this.#needsSymbols && this.#symbols.length === 0) {
      // The server closes connections that follow nothing; setSymbols() goes on from here.
      this.#become("waiting");
      return;
    }
    this.#become("connecting");
    const protocols = this.#key === undefined ? [] : ["financequery", `key.${this.#key}`];
    const socket = new WebSocket(this.#url, protocols);
    this.#socket = socket;
    const whileCurrent = (handle) => (event) => socket === this.#socket && handle(event);
    this.#connectTimer = setTimeout(() => this.#lost(CONNECTION_LOST), CONNECT_TIMEOUT_MS);
    socket.onopen = whileCurrent(() => this.#opened());
    socket.onmessage = whileCurrent((event) => this.#received(event.data));
    socket.onclose = whileCurrent((event) => this.#lost(event.code));
    this.#listenForSilence();
  }

  #opened() {
    clearTimeout(this.#connectTimer);
    this.#become("open");
    if (this.#symbols.length > 0) {
      this.#sendSymbols([]);
    }
  }

  #sendSymbols(former) {
    if (this.#symbols.length > 0) {
      this.#socket.send(this.#symbols.join(","));
    } else if (former.length > 0) {
      this.#socket.send(JSON.stringify({ unsubscribe: former }));
    }
    this.#doubtfulMessages = 2;
  }

  #received(text) {
    this.#listenForSilence();
    const { data, metadata, error } = unpack(text);
    if (error) {
      this.#refused(error);
      return;
    }
    this.#failures = 0;
    this.#settle(data);
    this.#lastMessageAt = Date.now();
    if (metadata !== undefined) {
      this.#tell("metadata", metadata);
    }
    if (data !== undefined) {
      this.#tell("message", { data, text, at: this.#lastMessageAt });
    }
  }

  #settle(data) {
    this.#doubtfulMessages = Math.max(0, this.#doubtfulMessages - 1);
    const isOfFormer =
      Array.isArray(data) && data.some((quote) => !this.#symbols.includes(quote.symbol));
    this.#isAnswered ||= !isOfFormer || this.#doubtfulMessages === 0;
  }

  #refused(error) {
    if (this.#doubtfulMessages > 0) {
      this.#symbols = this.#settledSymbols;
      this.#isAnswered = true;
      this.#doubtfulMessages = 0;
    }
    this.#tell("error", error);
  }

  #lost(code) {
    this.#drop();
    if (code === CLOSE.TOO_BIG) {
      this.#refused({ code: "message_too_long", message: "The server takes no list this long." });
    }
    const pauseMs = pauseBeforeReturn(code, this.#failures);
    if (pauseMs === null) {
      this.#end(code);
      return;
    }
    this.#failures += 1;
    this.#retryAt = Date.now() + pauseMs;
    this.#retryTimer = setTimeout(() => this.#open(), pauseMs);
    this.#become("waiting", code);
  }

  #drop() {
    clearTimeout(this.#retryTimer);
    clearTimeout(this.#silenceTimer);
    clearTimeout(this.#connectTimer);
    const socket = this.#socket;
    this.#socket = null;
    this.#retryAt = null;
    socket?.close(CLOSE.NORMAL);
  }

  #end(code) {
    globalThis.removeEventListener?.("online", this.#woken);
    globalThis.removeEventListener?.("pageshow", this.#woken);
    globalThis.document?.removeEventListener("visibilitychange", this.#woken);
    this.#become("closed", code);
  }

  #listenForSilence() {
    clearTimeout(this.#silenceTimer);
    this.#heardAt = Date.now();
    if (this.#silenceMs > 0) {
      // Longer after each failure: a server that is merely slow must not be asked ever more.
      const patienceMs = this.#silenceMs * 2 ** Math.min(this.#failures, 3);
      this.#silenceTimer = setTimeout(() => this.#lost(CONNECTION_LOST), patienceMs);
    }
  }

  /** The page is looked at again, or the network is back: half the silence is enough now. */
  #askNow() {
    this.retry();
    if (this.#state !== "open" || this.#silenceMs === 0) {
      return;
    }
    const leftMs = this.#heardAt + this.#silenceMs / 2 - Date.now();
    if (leftMs <= 0) {
      this.#drop();
      this.#open();
    } else {
      clearTimeout(this.#silenceTimer);
      this.#silenceTimer = setTimeout(() => this.#lost(CONNECTION_LOST), leftMs);
    }
  }

  #become(state, code = null) {
    this.#state = state;
    this.#closeCode = code;
    this.#tell("state", { state, code });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/**
 * How long to stay away after a close, or null: for good.
 *
 * @param {number} code the close code
 * @param {number} failures attempts since the last data
 * @returns {number | null} milliseconds; random, so that clients do not come back all at once
 */
export function pauseBeforeReturn(code, failures) {
  switch (code) {
    case CLOSE.NORMAL:
    case CLOSE.NOT_AUTHENTICATED:
      return null;
    case CLOSE.RESTART:
      return between(SHORTEST_PAUSE_MS, RESTART_PAUSE_MS);
    case CLOSE.OVER_LIMIT:
      return between(OVER_LIMIT_PAUSE_MS, LONGEST_PAUSE_MS);
    default:
      return between(
        SHORTEST_PAUSE_MS,
        Math.min(LONGEST_PAUSE_MS, SHORTEST_PAUSE_MS * 2 ** (failures + 1)),
      );
  }
}

/**
 * The parts of a message: its data, the limits of the key that came with it, or an error.
 *
 * @param {string} text
 * @returns {{data?: any, metadata?: object, error?: ErrorDetail}}
 */
export function unpack(text) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    return { error: { code: "unreadable", message: "The server sent something that is no JSON." } };
  }
  return Array.isArray(message) ? unpackArray(message) : unpackObject(message);
}

function unpackArray(message) {
  const [first, ...rest] = message;
  const isMetadata = isObject(first) && isObject(first.metadata) && Object.keys(first).length === 1;
  return isMetadata ? { metadata: first.metadata, data: rest } : { data: message };
}

function unpackObject(message) {
  if (!isObject(message)) {
    return { data: message };
  }
  if (isObject(message.error) && "code" in message.error) {
    return { error: message.error };
  }
  const { metadata, ...rest } = message;
  const isMetadataAlone = metadata !== undefined && Object.keys(rest).length === 0;
  return isMetadataAlone ? { metadata } : { metadata, data: rest };
}

function isObject(value) {
  return typeof value === "object" && value !== null;
}

function between(shortest, longest) {
  return shortest + Math.random() * (longest - shortest);
}
