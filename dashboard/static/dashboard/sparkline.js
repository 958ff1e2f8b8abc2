/** A small line without axes: the shape of some prices, not their values. */

import { numberIn } from "./values.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, MARGIN] = [64, 24, 2];

export class Sparkline {
  constructor() {
    this.svg = made("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "spark" });
    this.svg.setAttribute("aria-hidden", "true");
    this.svg.setAttribute("preserveAspectRatio", "none");
    this.base = made("line", { x1: 0, x2: WIDTH, class: "spark-base" });
    this.line = made("polyline", { class: "spark-line" });
    this.svg.append(this.base, this.line);
    this.show([]);
  }

  /** @param {[number, number][]} points times and values, in the order of time */
  show(points) {
    const start = points[0]?.[1] ?? 0;
    const place = places(points, start);
    const height = place.y(start);
    this.base.setAttribute("y1", height);
    this.base.setAttribute("y2", height);
    this.line.setAttribute("points", points.length > 1 ? points.map(place.text).join(" ") : "");
    this.svg.dataset.trend = (points.at(-1)?.[1] ?? start) < start ? "down" : "up";
  }
}

function places(points, start) {
  const values = points.map(([, value]) => value);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const [first, last] = [points[0]?.[0] ?? 0, points.at(-1)?.[0] ?? 0];
  const x = (at) => (last > first ? ((at - first) / (last - first)) * WIDTH : 0);
  const y = (value) =>
    high > low
      ? HEIGHT - MARGIN - ((value - low) / (high - low)) * (HEIGHT - 2 * MARGIN)
      : HEIGHT / 2;
  return { y, text: ([at, value]) => `${x(at).toFixed(1)},${y(value).toFixed(1)}` };
}

function made(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) {
    node.setAttribute(name, value);
  }
  return node;
}

const DAYS_BACK = [
  [365, "yearReturn"],
  [182, "sixMonthReturn"],
  [91, "threeMonthReturn"],
  [30, "oneMonthReturn"],
  [7, "fiveDaysReturn"],
];

/**
 * The past year of something, told from its returns: each says what it cost then.
 *
 * @param {number} value what it costs now
 * @param {Record<string, string | null>} returns texts like "+8.01%"
 * @returns {[number, number][]} days (negative: ago) and values
 */
export function pastYear(value, returns) {
  const known = DAYS_BACK.map(([days, key]) => [-days, numberIn(returns[key])]);
  const points = known
    .filter(([, percent]) => percent !== null && percent > -100)
    .map(([at, percent]) => [at, value / (1 + percent / 100)]);
  return [...points, [0, value]];
}
