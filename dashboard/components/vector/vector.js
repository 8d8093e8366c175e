// Pictures decoded at z + strength * factor * vector, repainted while the strength slider moves.
// The strength is sent when the slider is released. In each frame of the browser, the focused
// picture is painted first, and then as many of the others as time allows.

const boards = new WeakMap();
const FRAME_MS = 12;

const formatted = (value) => (Math.round(100 * value) / 100 + 0).toFixed(2).replace("-", "−");

class Board {
  constructor(root) {
    const find = (name) => root.querySelector(`.vae-lab-vector-${name}`);
    [this.slider, this.ends] = [find("slider"), find("ends")];
    [this.output, this.rows] = [find("strength"), find("rows")];
    this.tiles = [];
    this.turn = 0;
    this.arrived = () => this.repaint();
    window.addEventListener("vae-lab-decoder", this.arrived);
    this.slider.oninput = () => this.show(Number(this.slider.value));
    this.sent = []; // strengths that were sent and not yet confirmed by the server
    this.slider.onchange = () => {
      this.sent.push(Number(this.slider.value));
      this.send("strength", this.sent.at(-1));
    };
  }

  update(data, send) {
    const before = this.data;
    [this.data, this.send] = [data, send];
    [this.slider.min, this.slider.max, this.slider.step] = [-data.most, data.most, data.step];
    this.ends.textContent = data.says;
    if (JSON.stringify(before?.rows) !== JSON.stringify(data.rows)) this.build();
    // A confirmation may arrive after the slider has moved on; it must not move the slider back.
    if (data.strength === this.sent.at(-1)) {
      this.sent = [];
    } else if (before?.strength !== data.strength && !this.sent.includes(data.strength)) {
      this.sent = [];
      this.slider.value = data.strength;
    }
    this.repaint();
  }

  build() {
    this.tiles = [];
    this.rows.replaceChildren();
    for (const row of this.data.rows) {
      const title = document.createElement("h4");
      title.textContent = row.title;
      const line = document.createElement("div");
      line.className = "vae-lab-vector-row";
      const share = (tile) => (tile.focus ? "minmax(0, 1.8fr)" : "minmax(0, 1fr)");
      const columns = Array.from({ length: row.columns }, (_, i) => share(row.tiles[i] ?? {}));
      line.style.gridTemplateColumns = columns.join(" ");
      this.rows.append(title, line);
      for (const tile of row.tiles) line.append(this.figure(tile));
    }
  }

  figure(tile) {
    const figure = document.createElement("figure");
    const picture = document.createElement(tile.image ? "img" : "canvas");
    const caption = document.createElement("figcaption");
    caption.textContent = tile.caption ?? "";
    figure.append(picture, caption);
    if (tile.image) {
      [picture.src, picture.alt] = [tile.image, tile.caption];
    } else {
      picture.setAttribute("role", "img");
      const z = Float32Array.from(tile.z);
      this.tiles.push({ ...tile, z, at: new Float32Array(z.length), picture, label: caption });
    }
    return figure;
  }

  repaint() {
    for (const tile of this.tiles) tile.painted = undefined;
    this.show(Number(this.slider.value));
  }

  show(strength) {
    this.strength = strength;
    this.output.textContent = formatted(strength);
    this.slider.setAttribute("aria-valuetext", formatted(strength));
    for (const tile of this.tiles) {
      if (!tile.counts) continue;
      tile.label.textContent = formatted(strength * tile.factor);
    }
    this.pending ??= requestAnimationFrame(() => this.frame());
  }

  frame() {
    this.pending = undefined;
    const decoder = window.vaeLabDecoders?.get(this.data.decoder);
    if (!decoder) return;
    const start = performance.now();
    this.paint(decoder, this.tiles.find((tile) => tile.focus));
    for (let tried = 0; tried < this.tiles.length; tried++) {
      if (performance.now() - start > FRAME_MS) break;
      this.paint(decoder, this.tiles[this.turn]);
      this.turn = (this.turn + 1) % this.tiles.length;
    }
    if (this.tiles.some((tile) => this.stale(tile))) {
      this.pending ??= requestAnimationFrame(() => this.frame());
    }
  }

  stale(tile) {
    return tile.painted !== this.strength * tile.factor;
  }

  paint(decoder, tile) {
    if (!tile || !this.stale(tile)) return;
    tile.painted = this.strength * tile.factor;
    const { vector } = this.data;
    for (let i = 0; i < tile.at.length; i++) tile.at[i] = tile.z[i] + tile.painted * vector[i];
    decoder.paint(tile.picture, tile.at);
    tile.picture.setAttribute("aria-label", `${tile.alt}, strength ${formatted(tile.painted)}`);
  }

  remove() {
    window.removeEventListener("vae-lab-decoder", this.arrived);
    cancelAnimationFrame(this.pending);
  }
}

export default function ({ data, parentElement, setTriggerValue }) {
  const rows = parentElement.querySelector(".vae-lab-vector-rows");
  if (!boards.has(rows)) boards.set(rows, new Board(parentElement));
  boards.get(rows).update(data, setTriggerValue);
  return () => {
    boards.get(rows)?.remove();
    boards.delete(rows);
  };
}
