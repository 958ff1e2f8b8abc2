/** The line of a symbol's prices as they came in. */

import { AXIS_FONT, TIME, drawClose, drawLast, priceRange, timeLabels } from "./chart-parts.js";
import { decimalsOf, numberIn, withThousands } from "./values.js";

/** So many ticks fill the chart; with more it grows denser. */
const FIRST_TICKS = 30;
const NO_PRICES = "No prices";
/** After so many ticks without a price, and so many seconds, the line is broken. */
const [GAP_TICKS, GAP_SECONDS] = [6, 120];

export class PriceChart {
  #plot = null;
  #frame;
  #colours;
  #quote = { symbol: "", price: "", close: null };

  /**
   * @param {HTMLElement} frame where the chart goes; its size is the chart's
   * @param {HTMLElement} readout tells the price under the pointer
   * @param {number} refreshSeconds
   */
  constructor(frame, readout, refreshSeconds) {
    this.#frame = frame;
    this.readout = readout;
    this.firstSeconds = FIRST_TICKS * refreshSeconds;
    this.gapSeconds = Math.max(GAP_SECONDS, GAP_TICKS * refreshSeconds);
    this.#recolour();
    this.#plot = new uPlot(this.#options(), [[], []], frame);
    document.addEventListener("theme", () => this.#recolour());
    new ResizeObserver(() => this.#plot.setSize(this.#size())).observe(frame);
  }

  /**
   * @param {string} symbol
   * @param {string} price the newest, as a text
   * @param {string | null} close the one of the last close
   * @param {[number, number][]} points times in milliseconds, and prices
   */
  show(symbol, price, close, points) {
    this.#quote = { symbol, price, close: numberIn(close) };
    this.#sayIfEmpty(points, price);
    this.#frame.setAttribute("aria-label", description(symbol, points));
    this.#plot.setData(this.#withGaps(points));
    this.#read(this.#plot);
  }

  #sayIfEmpty(points, price) {
    if (points.length >= 2) {
      delete this.#frame.dataset.empty;
    } else {
      const isAwaited = points.length > 0 || price !== "";
      this.#frame.dataset.empty = isAwaited ? "The line begins with the next price" : NO_PRICES;
    }
  }

  #withGaps(points) {
    const [times, prices] = [[], []];
    for (const [at, price] of points) {
      const seconds = at / 1000;
      if (times.length > 0 && seconds - times.at(-1) > this.gapSeconds) {
        times.push(times.at(-1) + 1);
        prices.push(null);
      }
      times.push(seconds);
      prices.push(price);
    }
    return [times, prices];
  }

  #size() {
    const { clientWidth, clientHeight } = this.#frame;
    return { width: Math.max(clientWidth, 100), height: Math.max(clientHeight, 80) };
  }

  #options() {
    const grid = { stroke: () => this.#colours.line, width: 1 };
    const axis = {
      font: AXIS_FONT,
      stroke: () => this.#colours.muted,
      grid,
      ticks: { show: false },
    };
    return {
      ...this.#size(),
      padding: [8, 0, 0, 8],
      legend: { show: false },
      cursor: { y: false, drag: { x: false, y: false }, points: { size: 7 } },
      scales: { x: { range: (plot) => this.#timeRange(plot) }, y: { range: priceRange } },
      axes: [
        {
          ...axis,
          grid: { show: false },
          size: 26,
          space: 80,
          align: 1,
          values: (_, times) => timeLabels(times),
        },
        { ...axis, side: 1, size: 64, gap: 8, values: (_, ticks) => this.#labels(ticks) },
      ],
      series: [
        {},
        {
          width: 1.75,
          stroke: () => this.#colours[this.#trend()],
          fill: (plot) => this.#shade(plot),
          points: { show: false },
        },
      ],
      hooks: {
        setCursor: [(plot) => this.#read(plot)],
        drawAxes: [(plot) => drawClose(plot, this.#quote.close, this.#colours)],
        draw: [(plot) => drawLast(plot, this.#colours[this.#trend()])],
      },
    };
  }

  #timeRange({ data: [times] }) {
    const from = times[0] ?? Date.now() / 1000;
    return [from, Math.max(times.at(-1) ?? from, from + this.firstSeconds)];
  }

  #labels(ticks) {
    const decimals = Math.max(decimalsOf(this.#quote.price), ticks.length > 1 ? 2 : 0);
    return ticks.map((tick) => withThousands(tick.toFixed(Math.min(decimals, 10))));
  }

  #trend() {
    const { price, close } = this.#quote;
    return close !== null && numberIn(price) < close ? "down" : "up";
  }

  #shade(plot) {
    const { top, height } = plot.bbox;
    const shade = plot.ctx.createLinearGradient(0, top, 0, top + height);
    shade.addColorStop(0, this.#colours[`${this.#trend()}Shade`]);
    shade.addColorStop(1, this.#colours[`${this.#trend()}Clear`]);
    return shade;
  }

  #read(plot) {
    const index = plot.cursor.idx;
    const [times, prices] = plot.data;
    const at = Number.isInteger(index) ? index : 0;
    const price = Number.isInteger(index) ? prices[at] : null;
    const time = times.length > 0 ? TIME.format(times[at] * 1000) : "";
    this.readout.textContent =
      typeof price === "number" ? `${time}  ${this.#text(price)}` : time && `since ${time}`;
  }

  #text(price) {
    return withThousands(price.toFixed(decimalsOf(this.#quote.price)));
  }

  /** A canvas knows no CSS variables: they are read where CSS has worked them out. */
  #recolour() {
    const read = (name) => {
      this.#frame.style.outlineColor = `var(--${name})`;
      return getComputedStyle(this.#frame).outlineColor;
    };
    this.#colours = {
      muted: read("muted"),
      line: read("line"),
      panel: read("panel"),
      up: read("up"),
      down: read("down"),
      upShade: read("up-shade"),
      downShade: read("down-shade"),
      upClear: read("up-clear"),
      downClear: read("down-clear"),
    };
    this.#frame.style.outlineColor = "";
    this.#plot?.redraw(false);
  }
}

function description(symbol, points) {
  if (points.length < 2) {
    return `Prices of ${symbol}: not enough yet for a line`;
  }
  const prices = points.map(([, price]) => price);
  const [from, to] = [points[0], points.at(-1)].map(([at]) => TIME.format(at));
  return (
    `Prices of ${symbol} from ${from} to ${to}: lowest ${Math.min(...prices)}, ` +
    `highest ${Math.max(...prices)}, last ${prices.at(-1)}`
  );
}
