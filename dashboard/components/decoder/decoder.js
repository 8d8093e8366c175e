// A run's decoder in the browser, in plain loops over float32: fast enough for a picture per frame.
//
// Streamlit sends it as bytes (see `vae_core.inference.browser.browser_decoder`). Other components
// find it by its name in window.vaeLabDecoders; the event "vae-lab-decoder" says that it has
// arrived. A decoder has:
// - latentDim;
// - decode(z): Float32Array (latentDim) -> Float32Array (size * size), means of the pixels row by
//   row, valid until the next call;
// - paint(canvas, z): draws them, one pixel of the canvas per mean.

const KEPT = 24; // most decoders in memory; that of an MNIST `mlp` takes 1.6 MB

function relu(values) {
  for (let i = 0; i < values.length; i++) if (values[i] < 0) values[i] = 0;
}

// y = x W + b. Rows of W where x is 0 are skipped; after a relu that is about half of them.
function dense(kernel, bias, withRelu) {
  const units = bias.length;
  const y = new Float32Array(units);
  return (x) => {
    y.set(bias);
    for (let i = 0; i < x.length; i++) {
      const value = x[i];
      if (value === 0) continue;
      const row = i * units;
      for (let j = 0; j < units; j++) y[j] += value * kernel[row + j];
    }
    if (withRelu) relu(y);
    return y;
  };
}

// Transposed convolution with same padding: each input pixel adds its kernel to a patch of the
// output. Keras stores the kernel as (row, column, out, in); here it is (row, column, in, out).
function conv2dTranspose(kernel, bias, [inHeight, inWidth, inChannels], shape, stride, withRelu) {
  const [height, width, channels] = shape;
  const side = Math.round(Math.sqrt(kernel.length / (channels * inChannels)));
  const reordered = new Float32Array(kernel.length);
  for (let place = 0; place < side * side; place++) {
    const start = place * channels * inChannels;
    for (let o = 0; o < channels; o++) {
      for (let i = 0; i < inChannels; i++) {
        reordered[start + i * channels + o] = kernel[start + o * inChannels + i];
      }
    }
  }
  const padding = (inSide, outSide) =>
    Math.floor(Math.max((inSide - 1) * stride + side - outSide, 0) / 2);
  const top = padding(inHeight, height);
  const left = padding(inWidth, width);
  const y = new Float32Array(height * width * channels);
  return (x) => {
    for (let start = 0; start < y.length; start += channels) y.set(bias, start);
    for (let row = 0; row < inHeight; row++) {
      for (let column = 0; column < inWidth; column++) {
        const pixel = (row * inWidth + column) * inChannels;
        for (let i = 0; i < inChannels; i++) {
          const value = x[pixel + i];
          if (value === 0) continue;
          for (let a = 0; a < side; a++) {
            const outRow = row * stride + a - top;
            if (outRow < 0 || outRow >= height) continue;
            for (let b = 0; b < side; b++) {
              const outColumn = column * stride + b - left;
              if (outColumn < 0 || outColumn >= width) continue;
              const from = ((a * side + b) * inChannels + i) * channels;
              const to = (outRow * width + outColumn) * channels;
              for (let o = 0; o < channels; o++) y[to + o] += value * reordered[from + o];
            }
          }
        }
      }
    }
    if (withRelu) relu(y);
    return y;
  };
}

function crop([, inWidth, channels], [height, width], [top, left]) {
  const y = new Float32Array(height * width * channels);
  return (x) => {
    for (let row = 0; row < height; row++) {
      const start = ((row + top) * inWidth + left) * channels;
      y.set(x.subarray(start, start + width * channels), row * width * channels);
    }
    return y;
  };
}

// These turn a decoder's output into a pixel's mean. Older run folders name none: it is sigmoid.
const ACTIVATIONS = { sigmoid: (x) => 1 / (1 + Math.exp(-x)), linear: (x) => x };

function build({ size, latent_dim: latentDim, layers, activation = "sigmoid" }, weights) {
  const mean = ACTIVATIONS[activation];
  const part = ([offset, length]) => weights.slice(offset, offset + length);
  let shape = [latentDim];
  const steps = [];
  for (const layer of layers) {
    const withRelu = layer.activation === "relu";
    if (layer.type === "dense") steps.push(dense(part(layer.kernel), part(layer.bias), withRelu));
    if (layer.type === "crop") steps.push(crop(shape, layer.shape, layer.before));
    if (layer.type === "conv2d_transpose") {
      const [kernel, bias] = [part(layer.kernel), part(layer.bias)];
      steps.push(conv2dTranspose(kernel, bias, shape, layer.shape, layer.strides, withRelu));
    }
    shape = layer.shape; // this is all that a reshape layer does
  }
  const pixels = new Float32Array(size * size);
  const decode = (z) => {
    const params = steps.reduce((values, step) => step(values), z);
    for (let i = 0; i < pixels.length; i++) pixels[i] = mean(params[i]);
    return pixels;
  };
  const paint = (canvas, z) => {
    if (canvas.width !== size || canvas.height !== size) [canvas.width, canvas.height] = [size, size];
    const context = canvas.getContext("2d");
    const picture = context.createImageData(size, size);
    decode(z).forEach((value, i) => {
      const at = 4 * i;
      picture.data[at] = picture.data[at + 1] = picture.data[at + 2] = 255 * value;
      picture.data[at + 3] = 255;
    });
    context.putImageData(picture, 0, 0);
  };
  return { latentDim, decode, paint };
}

const built = new WeakMap();

export default function ({ data, parentElement, key }) {
  if (built.get(parentElement) === data) return;
  built.set(parentElement, data);
  const bytes = data.slice().buffer; // a copy, because float32 must be aligned
  const length = new DataView(bytes).getUint32(0, true);
  const { name, ...header } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  window.vaeLabDecoders ??= new Map();
  const decoders = window.vaeLabDecoders;
  const decoder = decoders.get(name) ?? build(header, new Float32Array(bytes, 4 + length));
  decoders.delete(name); // inserted again below, so that it is the newest in the map's order
  decoders.set(name, decoder);
  if (decoders.size > KEPT) decoders.delete(decoders.keys().next().value);
  window.dispatchEvent(new CustomEvent("vae-lab-decoder", { detail: name }));
}
