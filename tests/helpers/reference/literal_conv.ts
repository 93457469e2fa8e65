/** 3-D convolution as its definition says: one loop per index, sums in double precision. */
import type { ConvGeometry } from "../../../nn/backend/backend.ts";
import { elementCount } from "../../../nn/shape.ts";

/**
 * Calls `visit(inputOffset, outputOffset, tap)` for every pair of an output position and a tap that falls inside the
 * input: offsets of the first channel, `tap` the index into `[kd, kh, kw]`.
 */
function eachTap(
  geometry: ConvGeometry,
  visit: (inputOffset: number, outputOffset: number, tap: number) => void,
): void {
  const { batch, channels, filters, stride } = geometry;
  const [inputDepth, inputHeight, inputWidth] = geometry.input;
  const [outputDepth, outputHeight, outputWidth] = geometry.output;
  const [kernelDepth, kernelHeight, kernelWidth] = geometry.kernel;
  const [padDepth, padHeight, padWidth] = geometry.padding;
  let outputOffset = 0;
  for (let n = 0; n < batch; n++) {
    for (let d = 0; d < outputDepth; d++) {
      for (let h = 0; h < outputHeight; h++) {
        for (let w = 0; w < outputWidth; w++, outputOffset += filters) {
          for (let kd = 0; kd < kernelDepth; kd++) {
            const z = d * stride + kd - padDepth;
            if (z < 0 || z >= inputDepth) continue;
            for (let kh = 0; kh < kernelHeight; kh++) {
              const y = h * stride + kh - padHeight;
              if (y < 0 || y >= inputHeight) continue;
              for (let kw = 0; kw < kernelWidth; kw++) {
                const x = w * stride + kw - padWidth;
                if (x < 0 || x >= inputWidth) continue;
                const position = ((n * inputDepth + z) * inputHeight + y) * inputWidth + x;
                visit(position * channels, outputOffset, (kd * kernelHeight + kh) * kernelWidth + kw);
              }
            }
          }
        }
      }
    }
  }
}

/** output[n,o,k] = Σ input[n,o·s+t−p,c] · filter[k,t,c]. */
export function convForward(
  geometry: ConvGeometry,
  input: Float32Array,
  filter: Float32Array,
  output: Float32Array,
): void {
  const { channels, filters, kernel } = geometry;
  const taps = elementCount(kernel), sums = new Float64Array(output.length);
  eachTap(geometry, (inputOffset, outputOffset, tap) => {
    for (let k = 0; k < filters; k++) {
      const filterOffset = (k * taps + tap) * channels;
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += input[inputOffset + c] * filter[filterOffset + c];
      sums[outputOffset + k] += sum;
    }
  });
  output.set(sums);
}

/** dInput[n,o·s+t−p,c] (+)= Σ dOutput[n,o,k] · filter[k,t,c]. */
export function convInputGradient(
  geometry: ConvGeometry,
  dOutput: Float32Array,
  filter: Float32Array,
  dInput: Float32Array,
  accumulate: boolean,
): void {
  const { channels, filters, kernel } = geometry;
  const taps = elementCount(kernel), sums = accumulate ? Float64Array.from(dInput) : new Float64Array(dInput.length);
  eachTap(geometry, (inputOffset, outputOffset, tap) => {
    for (let k = 0; k < filters; k++) {
      const filterOffset = (k * taps + tap) * channels, gradient = dOutput[outputOffset + k];
      for (let c = 0; c < channels; c++) sums[inputOffset + c] += gradient * filter[filterOffset + c];
    }
  });
  dInput.set(sums);
}

/** dFilter[k,t,c] (+)= Σ dOutput[n,o,k] · input[n,o·s+t−p,c]. */
export function convFilterGradient(
  geometry: ConvGeometry,
  input: Float32Array,
  dOutput: Float32Array,
  dFilter: Float32Array,
  accumulate: boolean,
): void {
  const { channels, filters, kernel } = geometry;
  const taps = elementCount(kernel), sums = accumulate ? Float64Array.from(dFilter) : new Float64Array(dFilter.length);
  eachTap(geometry, (inputOffset, outputOffset, tap) => {
    for (let k = 0; k < filters; k++) {
      const filterOffset = (k * taps + tap) * channels, gradient = dOutput[outputOffset + k];
      for (let c = 0; c < channels; c++) sums[filterOffset + c] += gradient * input[inputOffset + c];
    }
  });
  dFilter.set(sums);
}
