/** The movers: three tables behind tabs. */

import {
  button, compactNumber, element, showChange, showPrice, showText, spreadClick,
} from "./values.js";

const KINDS = ["actives", "gainers", "losers"];
const ROWS = 25;

export class Movers {
  /** @param {Record<string, HTMLElement>} parts @param {(symbol: string) => void} onSelect */
  constructor(parts, onSelect) {
    this.tables = KINDS.map((kind) => new MoverRows(parts[kind], onSelect));
    this.tabs = new Tabs([...parts.tabs.querySelectorAll("[role=tab]")]);
  }

  show(market) {
    KINDS.forEach((kind, index) => this.tables[index].show(market[kind]));
  }
}

/** The pattern of the ARIA Authoring Practices: one tab stop, arrow keys choose. */
class Tabs {
  constructor(tabs) {
    this.tabs = tabs;
    tabs.forEach((tab, index) => {
      tab.addEventListener("click", () => this.choose(index));
      tab.addEventListener("keydown", (event) => this.#pressed(event, index));
    });
    this.choose(0);
  }

  choose(chosen) {
    this.tabs.forEach((tab, index) => {
      tab.setAttribute("aria-selected", String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      document.getElementById(tab.getAttribute("aria-controls")).hidden = index !== chosen;
    });
  }

  #pressed(event, index) {
    const last = this.tabs.length - 1;
    const next = {
      ArrowLeft: index === 0 ? last : index - 1,
      ArrowRight: index === last ? 0 : index + 1,
      Home: 0,
      End: last,
    }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      this.choose(next);
      this.tabs[next].focus();
    }
  }
}

class MoverRows {
  constructor(body, onSelect) {
    this.rows = Array.from({ length: ROWS }, () => {
      const cells = {
        symbol: button("row-link symbol", () => onSelect(cells.symbol.textContent)),
        name: element("span", "name muted"),
        price: element("span", "price"),
        percent: element("span", "change"),
        volume: element("td", "number muted"),
      };
      const head = element("th", "", cells.symbol, cells.name);
      head.scope = "row";
      cells.root = element(
        "tr", "", head, element("td", "number", cells.price),
        element("td", "number", cells.percent), cells.volume,
      );
      spreadClick(cells.root, cells.symbol);
      body.append(cells.root);
      return cells;
    });
    this.show([]);
  }

  show(movers) {
    this.rows.forEach(({ symbol, name, price, percent, volume, root }, index) => {
      const mover = movers[index];
      root.toggleAttribute("data-empty", !mover);
      symbol.disabled = !mover;
      showText(symbol, mover?.symbol);
      showText(name, mover?.name);
      showPrice(price, mover?.price, mover?.symbol);
      showChange(percent, mover?.percentChange);
      showText(volume, compactNumber(mover?.volume));
    });
  }
}
