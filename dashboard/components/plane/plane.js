// The latent plane on two canvases. The back canvas shows the manifold, points, axes and marks,
// which seldom change. The front canvas shows the cross at the cursor and the picture decoded there.
// It is painted in the event of the move, before the browser's next repaint. Positions are stored as
// latent coordinates, which don't change when the plane is resized.

const planes = new WeakMap();
const MARGIN = { left: 52, right: 8, top: 8, bottom: 44 };
const FADE_MS = 220;
const CURSOR = "#ffa90e"; // orange, visible on black, white and grey

class Plane {
  constructor(root) {
    const find = (name) => root.querySelector(`.vae-lab-plane-${name}`);
    [this.box, this.back, this.front] = [find("box"), find("back"), find("front")];
    [this.beta, this.slider, this.title] = [find("beta"), find("slider"), find("title")];
    [this.where, this.note] = [find("where"), find("note")];
    this.images = new Map();
    this.tile = document.createElement("canvas");
    this.arrived = () => this.draw();
    window.addEventListener("vae-lab-decoder", this.arrived);
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(this.box);
    this.resized = () => this.resize();
    window.addEventListener("resize", this.resized);
    this.listen();
  }

  listen() {
    const { front } = this;
    front.onpointermove = (event) => this.moveTo(event);
    front.onpointerdown = (event) => {
      front.focus({ preventScroll: true });
      this.moveTo(event);
      // Dragging with a finger explores; only a tap or a click picks a point.
      this.pressed = { x: event.clientX, y: event.clientY };
    };
    front.onpointerup = (event) => {
      const from = this.pressed;
      this.pressed = undefined;
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) < 6) this.press();
    };
    front.onkeydown = (event) => {
      const step = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const move = step[event.key];
      if (move) {
        const tiles = (event.shiftKey ? 1 : 0.1) * Math.max(this.side / 15, 0.2);
        const place = this.placeOf(this.at);
        this.at = this.coordinatesOf(place.map((value, i) => value + tiles * move[i]));
        this.draw();
      } else if (event.key === "Enter" || event.key === " ") {
        this.press();
      } else {
        return;
      }
      event.preventDefault();
    };
    this.slider.oninput = () => this.show(Number(this.slider.value));
    this.slider.onchange = () => this.send("frame", Number(this.slider.value));
  }

  update(data, send) {
    const moved = JSON.stringify(data.at) !== JSON.stringify(this.data?.at);
    [this.data, this.send] = [data, send];
    this.side = data.axis.length;
    if (moved || !this.at) this.at = data.at;
    this.front.setAttribute("aria-label", data.alt);
    this.beta.hidden = data.frames.length < 2;
    this.slider.max = data.frames.length - 1;
    for (const frame of data.frames) this.image(frame.sheet);
    this.resize();
    this.show(data.frame);
  }

  // Returns the image of a source; images of the current frames are kept, others dropped.
  image(source) {
    if (this.images.has(source)) return this.images.get(source);
    const used = new Set(this.data.frames.map((frame) => frame.sheet));
    for (const old of this.images.keys()) if (!used.has(old)) this.images.delete(old);
    const image = new Image();
    image.onload = () => this.paint();
    image.src = source;
    this.images.set(source, image);
    return image;
  }

  show(index) {
    const { frames } = this.data;
    const frame = frames[Math.min(index, frames.length - 1)];
    const next = this.image(frame.sheet);
    if (this.frame && this.shown !== next && this.shown?.complete) {
      this.fade = { from: this.shown, start: performance.now() };
    }
    [this.frame, this.shown] = [frame, next];
    this.slider.value = index;
    this.slider.setAttribute("aria-valuetext", frame.title);
    this.title.textContent = frame.title;
    this.note.textContent = frame.decoder ? "" : this.data.note;
    this.paint();
    this.draw();
  }

  resize() {
    if (!this.data) return;
    // The whole plane and the slider below it must fit into the window.
    const width = Math.min(this.box.clientWidth, Math.max(420, window.innerHeight - 330));
    if (!width) return;
    this.beta.style.maxWidth = `${width}px`;
    this.plot = width - MARGIN.left - MARGIN.right;
    const height = this.plot + MARGIN.top + MARGIN.bottom;
    const ratio = window.devicePixelRatio || 1;
    for (const canvas of [this.back, this.front]) {
      const size = [Math.round(width * ratio), Math.round(height * ratio)];
      if (canvas.width !== size[0] || canvas.height !== size[1]) {
        [canvas.width, canvas.height] = size;
        canvas.style.width = `${width}px`;
        canvas.style.height = `${height}px`;
      }
      canvas.getContext("2d").setTransform(ratio, 0, 0, ratio, 0, 0);
    }
    this.box.style.height = `${height}px`;
    this.paint();
    this.draw();
  }

  // --- conversions: latent coordinates <-> tiles <-> pixels. `axis` has the latent coordinates of
  // the tiles' centres.

  coordinateAt(place) {
    const { axis } = this.data;
    const last = axis.length - 1;
    const at = Math.min(Math.max(place - 0.5, -0.5), last + 0.5);
    const below = Math.min(Math.max(Math.floor(at), 0), last - 1);
    return axis[below] + (at - below) * (axis[below + 1] - axis[below]);
  }

  placeAt(value) {
    const { axis } = this.data;
    let below = 0;
    while (below < axis.length - 2 && axis[below + 1] < value) below++;
    return below + 0.5 + (value - axis[below]) / (axis[below + 1] - axis[below]);
  }

  coordinatesOf([x, y]) {
    return [this.coordinateAt(x), this.coordinateAt(y)];
  }

  placeOf([x, y]) {
    return [this.placeAt(x), this.placeAt(y)];
  }

  pixelOf(point) {
    const scale = this.plot / this.side;
    const [x, y] = this.placeOf(point);
    return [MARGIN.left + x * scale, MARGIN.top + this.plot - y * scale];
  }

  moveTo(event) {
    const { left, top } = this.front.getBoundingClientRect();
    const scale = this.side / this.plot;
    this.at = this.coordinatesOf([
      (event.clientX - left - MARGIN.left) * scale,
      (MARGIN.top + this.plot - (event.clientY - top)) * scale,
    ]);
    this.draw();
  }

  press() {
    this.send("press", { x: this.at[0], y: this.at[1] });
  }

  // --- the back canvas

  paint() {
    if (this.painting || !this.plot) return;
    this.painting = requestAnimationFrame(() => {
      this.painting = undefined;
      this.paintNow();
    });
  }

  paintNow() {
    const { data, plot } = this;
    const context = this.back.getContext("2d");
    const style = getComputedStyle(this.back);
    const colour = (name) => style.getPropertyValue(name).trim();
    context.clearRect(0, 0, this.back.width, this.back.height);
    context.imageSmoothingQuality = "high";
    const sheet = (image, alpha) => {
      if (!image?.complete || !image.naturalWidth) return;
      context.globalAlpha = alpha;
      context.drawImage(image, MARGIN.left, MARGIN.top, plot, plot);
      context.globalAlpha = 1;
    };
    const done = this.fade ? (performance.now() - this.fade.start) / FADE_MS : 1;
    if (done < 1) {
      sheet(this.fade.from, 1);
      this.paint();
    } else {
      this.fade = undefined;
    }
    sheet(this.shown, Math.min(done, 1));
    this.paintAxes(context, colour);
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, MARGIN.top, plot, plot);
    context.clip();
    this.paintPoints(context);
    this.paintMarks(context);
    context.restore();
  }

  paintAxes(context, colour) {
    const { data, plot } = this;
    const base = parseFloat(getComputedStyle(document.documentElement).fontSize);
    const size = Math.round(0.82 * base);
    context.font = `${size}px ${colour("--st-font")}`;
    context.fillStyle = colour("--st-text-color");
    context.strokeStyle = colour("--st-border-color");
    context.strokeRect(MARGIN.left, MARGIN.top, plot, plot);
    const ticks = Math.min(this.side, 7);
    for (let i = 0; i < ticks; i++) {
      const value = data.axis[Math.round((i * (this.side - 1)) / Math.max(ticks - 1, 1))];
      const [x, y] = this.pixelOf([value, value]);
      const text = value.toFixed(Math.abs(value) < 10 ? 2 : 0).replace("-", "−");
      context.textAlign = "center";
      context.textBaseline = "top";
      context.fillText(text, x, MARGIN.top + plot + 5);
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(text, MARGIN.left - 6, y);
    }
    context.textAlign = "center";
    context.textBaseline = "bottom";
    const [across, up] = data.names;
    context.fillText(across, MARGIN.left + plot / 2, MARGIN.top + plot + MARGIN.bottom - 2);
    context.save();
    context.translate(2, MARGIN.top + plot / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "top";
    context.fillText(up, 0, 0);
    context.restore();
  }

  paintPoints(context) {
    const { points } = this.frame;
    if (!points) return;
    context.globalAlpha = 0.85;
    points.labels.forEach((label, i) => {
      const [x, y] = this.pixelOf(points.places[i]);
      context.fillStyle = this.data.colours[label % this.data.colours.length];
      context.beginPath();
      context.arc(x, y, 2.4, 0, 2 * Math.PI);
      context.fill();
    });
    context.globalAlpha = 1;
  }

  paintMarks(context) {
    const { marks, path } = this.data;
    context.strokeStyle = CURSOR;
    context.lineWidth = 2.5;
    context.beginPath();
    path.forEach((point, i) => context[i ? "lineTo" : "moveTo"](...this.pixelOf(point)));
    context.stroke();
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { x, y, name } of marks) {
      const [left, top] = this.pixelOf([x, y]);
      context.beginPath();
      context.arc(left, top, 11, 0, 2 * Math.PI);
      context.fillStyle = CURSOR;
      context.fill();
      context.fillStyle = "#000";
      context.fillText(name, left, top + 1);
    }
    context.lineWidth = 1;
  }

  // --- the front canvas

  // Returns the latents of the frame's run at the cross; the run may be rotated to match another.
  latents() {
    const { z, dims } = this.data;
    const at = Float32Array.from(z);
    [at[dims[0]], at[dims[1]]] = this.at;
    const { rotation } = this.frame;
    return at.map((_, i) => rotation[i].reduce((sum, value, j) => sum + value * at[j], 0));
  }

  draw() {
    if (!this.plot || !this.frame) return;
    const { front, plot } = this;
    const context = front.getContext("2d");
    const width = plot + MARGIN.left + MARGIN.right;
    context.clearRect(0, 0, width, plot + MARGIN.top + MARGIN.bottom);
    const [x, y] = this.pixelOf(this.at);
    context.save();
    context.beginPath();
    context.rect(MARGIN.left, MARGIN.top, plot, plot);
    context.clip();
    context.strokeStyle = CURSOR;
    context.lineWidth = 1;
    context.globalAlpha = 0.7;
    context.beginPath();
    context.moveTo(MARGIN.left, y);
    context.lineTo(MARGIN.left + plot, y);
    context.moveTo(x, MARGIN.top);
    context.lineTo(x, MARGIN.top + plot);
    context.stroke();
    context.globalAlpha = 1;
    context.beginPath();
    context.arc(x, y, 3, 0, 2 * Math.PI);
    context.fillStyle = CURSOR;
    context.fill();
    context.restore();
    context.strokeStyle = CURSOR;
    this.drawPicture(context, x, y);
    const texts = this.at.map((value, i) => `${this.data.names[i]} = ${value.toFixed(2)}`);
    const places = this.placeOf(this.at);
    if (places.some((place) => place < 0 || place > this.side)) texts.push("outside the range shown");
    this.where.textContent = texts.join(", ").replaceAll("-", "−");
  }

  drawPicture(context, x, y) {
    const decoder = window.vaeLabDecoders?.get(this.frame.decoder);
    if (!decoder) return;
    decoder.paint(this.tile, this.latents());
    const { plot } = this;
    const side = Math.max(96, Math.round(plot * 0.24));
    const [right, bottom] = [MARGIN.left + plot, MARGIN.top + plot];
    // The picture is beside the cross, and inside the plane even if the cross is outside of it.
    const within = (value, low, high) => Math.min(Math.max(value, low), high);
    const left = x + 18 + side > right ? x - 18 - side : x + 18;
    const top = y - 18 - side < MARGIN.top ? y + 18 : y - 18 - side;
    const place = [within(left, MARGIN.left, right - side), within(top, MARGIN.top, bottom - side)];
    context.imageSmoothingQuality = "high";
    context.drawImage(this.tile, ...place, side, side);
    context.lineWidth = 3;
    context.strokeRect(...place, side, side);
  }

  remove() {
    window.removeEventListener("vae-lab-decoder", this.arrived);
    window.removeEventListener("resize", this.resized);
    this.observer.disconnect();
    cancelAnimationFrame(this.painting);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const box = parentElement.querySelector(".vae-lab-plane-box");
  if (!planes.has(box)) planes.set(box, new Plane(parentElement));
  planes.get(box).update(data, setTriggerValue);
  return () => {
    planes.get(box)?.remove();
    planes.delete(box);
  };
}
