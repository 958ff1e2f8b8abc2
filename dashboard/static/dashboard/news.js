/** A list of news, with links that are followed only where that is harmless. */

import { element, showText } from "./values.js";

export class NewsList {
  /** @param {HTMLElement} list @param {number} length how many places are kept for news */
  constructor(list, length) {
    this.places = Array.from({ length }, () => {
      const place = {
        item: element("li", "news-item"),
        link: element("a", "news-title"),
        origin: element("span", "news-origin muted"),
      };
      place.link.rel = "noopener noreferrer";
      place.link.target = "_blank";
      place.item.append(place.link, place.origin);
      list.append(place.item);
      return place;
    });
    this.show([]);
  }

  show(news) {
    this.places.forEach((place, index) => showNews(place, news[index]));
  }
}

function showNews({ item, link, origin }, news) {
  const address = safeAddress(news?.link);
  if (!address) {
    link.removeAttribute("href");
  } else if (link.href !== address) {
    link.href = address;
  }
  item.toggleAttribute("data-empty", !news);
  showText(link, news?.title);
  showText(origin, [news?.source, news?.time].filter(Boolean).join(" · "));
}

/** The address, if it is one of the web; otherwise null. */
function safeAddress(address) {
  try {
    const url = new URL(address);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}
