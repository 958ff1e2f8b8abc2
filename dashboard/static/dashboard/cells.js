/** The small things that show values. Text from elsewhere is only ever inserted as text. */

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
 * @param {Element} target
 * @param {string | number | null | undefined} price
 * @param {string} symbol whose price it is: a place that changes hands does not flash
 */
export function showPrice(target, price, symbol) {
  const value = Number.parseFloat(price);
  const before = shownPrices.get(target);
  showText(target, withThousands(price));
  if (symbol && before?.symbol === symbol && value !== before.value) {
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

/** Shows a signed text such as "+1.45%" with its direction. */
export function showChange(target, text) {
  const value = Number.parseFloat(text);
  showText(target, text);
  target.dataset.trend = value > 0 ? "up" : value < 0 ? "down" : "flat";
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

/** The address, if following it is harmless; otherwise null. */
function safeAddress(address) {
  const url = URL.parse ? URL.parse(address) : parsedOrNull(address);
  return url && ["http:", "https:"].includes(url.protocol) ? url.href : null;
}

function parsedOrNull(address) {
  try {
    return new URL(address);
  } catch {
    return null;
  }
}

/** A fixed number of news places; what there is fills them from the top. */
export class NewsList {
  constructor(list, length) {
    this.places = Array.from({ length }, () => {
      const place = {
        item: element("li", "news-item"),
        link: element("a", "news-title"),
        origin: element("span", "muted"),
      };
      place.link.rel = "noopener noreferrer";
      place.link.target = "_blank";
      place.item.append(place.link, place.origin);
      list.append(place.item);
      return place;
    });
  }

  show(news) {
    this.places.forEach((place, index) => showNews(place, news[index]));
  }
}

function showNews({ link, origin }, news) {
  const address = safeAddress(news?.link);
  if (address) {
    link.href = address;
  } else {
    link.removeAttribute("href");
  }
  showText(link, news?.title);
  showText(origin, [news?.source, news?.time].filter(Boolean).join(" · "));
}
