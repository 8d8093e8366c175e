// A pad to draw on with white ink on black, like the digits that the networks were trained on. At
// the end of a stroke the picture is sent to the server as `side` x `side` grey pixels.

const SIZE = 280; // pixels per side of the canvas
const STEP = 7; // pixels that an arrow key moves the pen
const WHOLE = [0, 0, SIZE, SIZE];
const pads = new WeakMap();

function blank(context) {
  context.globalCompositeOperation = "source-over";
  context.fillStyle = "black";
  context.fillRect(...WHOLE);
}

// Returns the picture's pixels, row by row, as base64; "" if there is no ink.
function packed(canvas, side) {
  const small = document.createElement("canvas");
  small.width = small.height = side;
  const context = small.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(canvas, 0, 0, side, side);
  const { data } = context.getImageData(0, 0, side, side);
  const grey = Uint8Array.from({ length: side * side }, (_, i) => data[4 * i]);
  if (!grey.some((value) => value > 0)) return "";
  return btoa(Array.from(grey, (value) => String.fromCharCode(value)).join(""));
}

function unpack(context, drawing, side) {
  const bytes = Uint8Array.from(atob(drawing), (character) => character.charCodeAt(0));
  const image = new ImageData(side, side);
  bytes.forEach((value, i) => image.data.set([value, value, value, 255], 4 * i));
  const small = document.createElement("canvas");
  small.width = small.height = side;
  small.getContext("2d").putImageData(image, 0, 0);
  context.drawImage(small, 0, 0, SIZE, SIZE);
}

const grey = (r, g, b) => 0.299 * r + 0.587 * g + 0.114 * b;
const inverted = (value) => 255 - value;

function changePixels(context, box, change) {
  const image = context.getImageData(...box);
  for (let i = 0; i < image.data.length; i += 4) {
    const value = change(image.data[i], image.data[i + 1], image.data[i + 2]);
    image.data.fill(value, i, i + 3);
  }
  context.putImageData(image, box[0], box[1]);
  return image.data;
}

// Returns whether the picture's edge is light: then the ink is dark, and must be inverted.
function lightEdge(pixels, width, height) {
  let sum = 0;
  let count = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (x > 0 && y > 0 && x < width - 1 && y < height - 1) continue;
      sum += pixels[4 * (y * width + x)];
      count += 1;
    }
  }
  return sum / count > 127;
}

function setUp(parentElement) {
  const find = (name) => parentElement.querySelector(name);
  const canvas = find(".pad-canvas");
  canvas.width = canvas.height = SIZE;
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const [pen, eraser, clear] = [".pad-pen", ".pad-eraser", ".pad-clear"].map(find);
  const invert = find(".pad-invert input");
  const file = find(".pad-file input");
  const note = find(".pad-note");
  const pad = { canvas, context, picture: WHOLE }; // picture: the box of a dropped picture
  let last = null; // last point of the current stroke
  let cursor = [SIZE / 2, SIZE / 2]; // position of the pen for the arrow keys

  const send = () => pad.setStateValue("drawing", packed(canvas, pad.side));
  const line = (from, to) => {
    context.lineCap = context.lineJoin = "round";
    context.lineWidth = pad.brush * SIZE * (pad.erasing ? 1.6 : 1);
    context.strokeStyle = pad.erasing ? "black" : "white";
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  };
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    const scale = SIZE / canvas.clientWidth;
    return [
      (event.clientX - box.x - canvas.clientLeft) * scale,
      (event.clientY - box.y - canvas.clientTop) * scale,
    ];
  };

  canvas.onpointerdown = (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    last = cursor = place(event);
    line(last, last);
  };
  canvas.onpointermove = (event) => {
    if (!last) return;
    for (const part of event.getCoalescedEvents?.() ?? [event]) {
      line(last, place(part));
      last = place(part);
    }
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!last) return;
    cursor = last;
    last = null;
    send();
  };

  // Arrow keys draw; with shift they move the pen without drawing.
  const keys = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.onkeydown = (event) => {
    const direction = keys[event.key];
    if (!direction) return;
    event.preventDefault();
    const to = cursor.map((at, i) => Math.min(Math.max(at + STEP * direction[i], 0), SIZE));
    if (!event.shiftKey) line(cursor, to);
    cursor = to;
  };
  canvas.onkeyup = (event) => {
    if (keys[event.key] && !event.shiftKey) send();
  };

  const use = (erasing) => {
    pad.erasing = erasing;
    pen.setAttribute("aria-pressed", String(!erasing));
    eraser.setAttribute("aria-pressed", String(erasing));
  };
  pen.onclick = () => use(false);
  eraser.onclick = () => use(true);
  clear.onclick = () => {
    blank(context);
    pad.picture = WHOLE;
    invert.checked = false;
    use(false);
    send();
  };
  invert.onchange = () => {
    changePixels(context, pad.picture, inverted);
    send();
  };

  const load = async (blob) => {
    try {
      const image = await createImageBitmap(blob);
      const scale = SIZE / Math.max(image.width, image.height);
      const width = Math.max(1, Math.round(image.width * scale));
      const height = Math.max(1, Math.round(image.height * scale));
      const box = [Math.round((SIZE - width) / 2), Math.round((SIZE - height) / 2), width, height];
      blank(context);
      context.fillStyle = "white"; // shows through transparent pixels
      context.fillRect(...box);
      context.imageSmoothingQuality = "high";
      context.drawImage(image, ...box);
      pad.picture = box;
      invert.checked = lightEdge(changePixels(context, box, grey), width, height);
      if (invert.checked) changePixels(context, box, inverted);
      note.hidden = true;
      send();
    } catch {
      note.textContent = "This file can't be read as a picture: choose a PNG or JPEG.";
      note.hidden = false;
    }
  };
  file.onchange = () => {
    if (file.files[0]) load(file.files[0]);
    file.value = "";
  };
  canvas.ondragover = (event) => {
    event.preventDefault();
    canvas.classList.add("pad-drop");
  };
  canvas.ondragleave = () => canvas.classList.remove("pad-drop");
  canvas.ondrop = (event) => {
    event.preventDefault();
    canvas.classList.remove("pad-drop");
    if (event.dataTransfer.files[0]) load(event.dataTransfer.files[0]);
  };
  return pad;
}

export default function ({ data, parentElement, setStateValue }) {
  let pad = pads.get(parentElement);
  if (!pad) {
    pad = setUp(parentElement);
    pads.set(parentElement, pad);
    blank(pad.context);
    if (data.drawing) unpack(pad.context, data.drawing, data.side);
  }
  Object.assign(pad, { setStateValue, side: data.side, brush: data.brush });
  pad.canvas.setAttribute("aria-label", data.alt);
}
