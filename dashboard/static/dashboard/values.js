/** How values are shown. Text from elsewhere is only ever inserted as text. */

export const NOTHING = "–";

/**
 * An element with a class, text or children.
 *
 * @param {string} tag
 * @param {string} [className]
 * @param {...(string | Node)} content
 */
export function element(tag, className = "", ...content) {
  const made = document.createElement(tag);
  if (className) {
    made.className = className;
  }
  made.append(...content);
  return made;
}

/** A button that does nothing but what it is given. `label` is for those who cannot see an icon. */
export function button(className, onClick, { text = "", label } = {}) {
  const made = element("button", className, text);
  made.type = "button";
  if (label) {
    made.setAttribute("aria-label", label);
    made.title = label;
  }
  made.addEventListener("click", onClick);
  return made;
}

/** Makes all of a row click its button; keyboards and screen readers have the button. */
export function spreadClick(row, toButton) {
  row.addEventListener("click", ({ target }) => {
    if (!target.closest("button")) {
      toButton.click();
    }
  });
}

/** The elements of a panel, by their `data-part`. */
export function partsOf(root) {
  const parts = [...root.querySelectorAll("[data-part]")];
  return Object.fromEntries(parts.map((part) => [part.dataset.part, part]));
}

/** Touches the page only when the text is another one. */
export function showText(target, text) {
  const shown = text === null || text === undefined || text === "" ? NOTHING : String(text);
  if (target.textContent !== shown) {
    target.textContent = shown;
  }
}

const shownPrices = new WeakMap();

/**
 * Shows a price, and flashes when it is another one than before.
 *
 * @param {HTMLElement} target
 * @param {string | number | null | undefined} price
 * @param {string} symbol whose price it is: a place that changes hands does not flash
 */
export function showPrice(target, price, symbol) {
  const value = Number.parseFloat(price);
  const before = shownPrices.get(target);
  showText(target, withThousands(price));
  if (symbol && before?.symbol === symbol) {
    flash(target, value - before.value);
  }
  shownPrices.set(target, { symbol, value });
}

function flash(target, difference) {
  if (difference > 0 || difference < 0) {
    target.dataset.flash = difference > 0 ? "up" : "down";
  }
}

document.addEventListener("animationend", ({ target }) => {
  delete target.dataset?.flash;
});

/** Shows a signed text such as "+1.45%" with its direction: sign, arrow and colour. */
export function showChange(target, text) {
  showText(target, text?.replace("-", "−"));
  if (text) {
    target.dataset.trend = trendOf(text);
  } else {
    delete target.dataset.trend; // no mark beside a dash
  }
}

/** @returns {"up" | "down" | "flat"} */
export function trendOf(text) {
  const value = numberIn(text);
  return value > 0 ? "up" : value < 0 ? "down" : "flat";
}

/** "+1,060.63%" → 1060.63; null when there is no number. */
export function numberIn(text) {
  const value = Number.parseFloat(String(text ?? "").replaceAll(",", ""));
  return Number.isFinite(value) ? value : null;
}

/** "67123.5" → "67,123.5": digits in groups of three, decimals as they are. */
export function withThousands(price) {
  return price === null || price === undefined
    ? null
    : String(price).replace(/^(-?)(\d+)/, (_, sign, digits) => sign + grouped(digits));
}

function grouped(digits) {
  return digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** 51234567 → "51.2M" */
export function compactNumber(count) {
  return typeof count === "number" ? COMPACT.format(count) : null;
}

/** How many decimals a price text has, so that computed prices look like it. */
export function decimalsOf(price) {
  return String(price).split(".")[1]?.length ?? 0;
}

/** What a quote cost at the last close, as a text like its price; null when that is unknown. */
export function previousClose({ price, change }) {
  const [now, difference] = [numberIn(price), numberIn(change)];
  const decimals = Math.max(decimalsOf(price), decimalsOf(change));
  return now === null || difference === null ? null : (now - difference).toFixed(decimals);
}

/** "Pre-market 231.20", or nothing outside such sessions. */
export function extendedPrice(quote, [before, after] = ["Pre-market", "After hours"]) {
  const { preMarketPrice, afterHoursPrice } = quote;
  if (preMarketPrice) {
    return `${before} ${withThousands(preMarketPrice)}`;
  }
  return afterHoursPrice ? `${after} ${withThousands(afterHoursPrice)}` : "";
}
