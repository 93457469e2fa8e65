/** Types of the functions of the untyped npm package `gifenc` that this project calls. */
declare module "gifenc" {
  export type GifPalette = number[][];
  export interface GifFrameOptions {
    palette?: GifPalette;
    /** Milliseconds. */
    delay?: number;
    /** 0 repeats for ever. */
    repeat?: number;
    /** Whether pixels of `transparentIndex` let the frame before shine through. */
    transparent?: boolean;
    /** Entry of the palette that is not painted. */
    transparentIndex?: number;
    /** What becomes of the frame before the next: 1 leaves it. */
    dispose?: number;
  }
  export interface GifStream {
    writeFrame(indices: Uint8Array, width: number, height: number, options?: GifFrameOptions): void;
    finish(): void;
    bytes(): Uint8Array<ArrayBuffer>;
  }
  export function GIFEncoder(): GifStream;
  export function quantize(rgba: Uint8Array, colors: number): GifPalette;
  export function applyPalette(rgba: Uint8Array, palette: GifPalette): Uint8Array;
}
