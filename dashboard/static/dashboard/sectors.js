/** The sectors' returns as bars, the strongest first. */

import { element, numberIn, showChange, showText, trendOf } from "./values.js";

const SECTORS = 11;

export class SectorBars {
  #sectors = [];

  /** @param {HTMLElement} list @param {HTMLFieldSetElement} periods radio buttons, one a return */
  constructor(list, periods) {
    this.bars = Array.from({ length: SECTORS }, () => {
      const bar = {
        name: element("span", "name"),
        fill: element("span", "bar-fill"),
        percent: element("span", "change"),
      };
      const track = element("span", "track", bar.fill);
      track.setAttribute("aria-hidden", "true");
      list.append(element("li", "sector", bar.name, bar.percent, track));
      return bar;
    });
    this.periods = periods;
    periods.addEventListener("change", () => this.show(this.#sectors));
    this.show([]);
  }

  show(sectors) {
    this.#sectors = sectors;
    const key = this.periods.querySelector(":checked").value;
    const ranked = sectors.map((sector) => [sector, numberIn(sector[key]) ?? 0]);
    ranked.sort(([, one], [, other]) => other - one);
    const longest = Math.max(...ranked.map(([, value]) => Math.abs(value)), 0.01);
    this.bars.forEach(({ name, fill, percent }, index) => {
      const [sector, value] = ranked[index] ?? [null, 0];
      showText(name, sector?.sector);
      showChange(percent, sector?.[key]);
      fill.dataset.trend = trendOf(value);
      fill.style.scale = `${(Math.abs(value) / longest).toFixed(3)} 1`;
    });
  }
}
