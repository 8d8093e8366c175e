// Two distributions as bars side by side, p and q of each outcome. Bars can be dragged with the
// mouse or a finger, or moved with the arrow keys. When a bar is moved, the other bars of its
// distribution change in proportion, so that the sum stays 1. The values are sent on release.

const HEIGHT = 300;
const MARGIN = { left: 34, right: 4, top: 22, bottom: 24 };
const TICKS = [0, 0.25, 0.5, 0.75, 1];
const STEP = 0.01;
const charts = new WeakMap();

// Sets the value at `index`, in whole steps, and scales the other values so that the sum is 1.
export function moved(values, index, value) {
  const set = Math.min(Math.max(Math.round(value / STEP) * STEP, 0), 1);
  const others = values.reduce((sum, other, i) => (i === index ? sum : sum + other), 0);
  const left = 1 - set;
  return values.map((other, i) => {
    if (i === index) return set;
    return others > 0 ? (other / others) * left : left / (values.length - 1);
  });
}

const height = HEIGHT - MARGIN.top - MARGIN.bottom;
const yOf = (value) => MARGIN.top + (1 - value) * height;

function formatted(value) {
  if (value === 0) return "0";
  return value < 0.005 ? "<.01" : value.toFixed(2).replace(/^0/, "");
}

class Bars {
  constructor(root) {
    this.svg = root.querySelector(".vae-lab-bars-chart");
    this.legend = ["p", "q"].map((name) => root.querySelector(`.vae-lab-bars-${name}`));
    this.svg.setAttribute("height", HEIGHT);
    this.observer = new ResizeObserver(() => this.build());
    this.observer.observe(root.querySelector(".vae-lab-bars"));
  }

  add(name, attributes, text = "") {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.textContent = text;
    this.svg.append(element);
    return element;
  }

  update(data, send) {
    const shape = JSON.stringify([data.names, data.colours, data.alt]);
    [this.data, this.send] = [data, send];
    if (shape !== this.shape) this.held = undefined;
    if (!this.held) this.values = [[...data.p], [...data.q]];
    if (shape === this.shape && this.bars) this.place();
    else this.build();
    this.shape = shape;
  }

  // Makes new elements; only when the outcomes or the width change, so that a bar keeps its focus.
  build() {
    const width = this.svg.clientWidth;
    if (!this.data || !width) return;
    this.release();
    const { names, colours, alt } = this.data;
    this.svg.replaceChildren();
    this.svg.setAttribute("aria-label", alt);
    this.svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    this.legend.forEach((entry, i) => entry.style.setProperty("--colour", colours[i]));
    for (const tick of TICKS) {
      const y = yOf(tick);
      this.add("line", { x1: MARGIN.left, x2: width - MARGIN.right, y1: y, y2: y });
      const at = { class: "vae-lab-bars-tick", x: MARGIN.left - 6, y: y + 4 };
      this.add("text", at, String(tick));
    }
    const room = (width - MARGIN.left - MARGIN.right) / names.length;
    const bar = Math.min(room * 0.4, 90);
    this.bars = [[], []];
    names.forEach((name, i) => {
      const middle = MARGIN.left + (i + 0.5) * room;
      this.add("text", { x: middle, y: HEIGHT - 6 }, name);
      for (const which of [0, 1]) {
        const x = middle + (which - 1) * bar;
        this.bars[which].push(this.makeBar(which, i, x + 1, bar - 2, `${"pq"[which]} of ${name}`));
      }
    });
    this.place();
  }

  makeBar(which, index, x, width, label) {
    const bar = this.add("rect", {
      class: "vae-lab-bars-bar", x, width, rx: 2, fill: this.data.colours[which],
    });
    const grip = this.add("rect", {
      class: "vae-lab-bars-grip", x, width, height: 4, rx: 2, fill: "currentColor",
    });
    const text = this.add("text", { x: x + width / 2 });
    // Covers the whole height, so that a bar of value 0 can be grabbed too.
    const place = this.add("rect", {
      class: "vae-lab-bars-place", x, width, y: MARGIN.top, height, rx: 2,
      tabindex: 0, role: "slider", "aria-label": label, "aria-orientation": "vertical",
      "aria-valuemin": 0, "aria-valuemax": 1,
    });
    this.listen(place, which, index);
    return { bar, grip, text, place };
  }

  release() {
    if (!this.held) return;
    const { which } = this.held;
    this.held = undefined;
    this.send("pq"[which], this.values[which]);
  }

  listen(place, which, index) {
    // Remembers the values at the start, so that the proportions survive a bar that was moved to 1.
    // Only one bar is held at a time.
    const hold = () => {
      this.release();
      this.held = { place, which, values: this.values[which] };
    };
    const follow = (event) => {
      const box = this.svg.getBoundingClientRect();
      const y = (event.clientY - box.y) * (HEIGHT / box.height);
      this.values[which] = moved(this.held.values, index, 1 - (y - MARGIN.top) / height);
      this.place();
    };
    const letGo = () => {
      if (this.held?.place === place) this.release();
    };
    place.onpointerdown = (event) => {
      if (event.button !== 0) return;
      place.setPointerCapture(event.pointerId);
      hold();
      follow(event);
    };
    place.onpointermove = (event) => {
      if (this.held?.place === place) follow(event);
    };
    place.onpointerup = letGo;
    place.onpointercancel = letGo;
    place.onkeydown = (event) => {
      const now = this.values[which][index];
      const to = {
        ArrowUp: now + STEP, ArrowRight: now + STEP, ArrowDown: now - STEP, ArrowLeft: now - STEP,
        PageUp: now + 10 * STEP, PageDown: now - 10 * STEP, Home: 0, End: 1,
      }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      if (this.held?.place !== place) hold();
      this.values[which] = moved(this.held.values, index, to);
      this.place();
    };
    place.onkeyup = letGo;
    place.onblur = letGo;
  }

  place() {
    this.bars?.forEach((bars, which) => {
      bars.forEach(({ bar, grip, text, place }, i) => {
        const value = this.values[which][i];
        const y = yOf(value);
        bar.setAttribute("y", y);
        bar.setAttribute("height", value * height);
        grip.setAttribute("y", y - 2);
        text.setAttribute("y", y - 7);
        text.textContent = formatted(value);
        place.setAttribute("aria-valuenow", value.toFixed(3));
      });
    });
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  let bars = charts.get(parentElement);
  if (!bars) {
    bars = new Bars(parentElement);
    charts.set(parentElement, bars);
  }
  bars.update(data, (name, values) => setTriggerValue("moved", { name, values }));
  return () => {
    bars.observer.disconnect();
    charts.delete(parentElement);
  };
}
