/** The selected symbol in the page's address, so that it can be linked, and "back" works. */

const AT_FIRST = "AAPL";
const PREFIX = "#symbol=";

/** @returns {string} the symbol that the address names */
export function symbolInAddress() {
  const { hash } = location;
  try {
    const named = hash.startsWith(PREFIX) ? decodeURIComponent(hash.slice(PREFIX.length)) : "";
    return named.trim().toUpperCase() || AT_FIRST;
  } catch {
    return AT_FIRST;
  }
}

/** @param {string} symbol */
export function putInAddress(symbol) {
  if (symbol !== symbolInAddress()) {
    location.hash = PREFIX + encodeURIComponent(symbol);
  }
}
