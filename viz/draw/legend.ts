import { type ClassSet, PAPER_CLASSES } from "../../data/classes.ts";
import { createImage, type Image, type Rgb } from "./image.ts";
import { fillRectangle } from "./raster.ts";
import { drawText, textWidth } from "./text.ts";

const INK: Rgb = [60, 60, 67];

/**
 * The classes with their colours, in as many centred lines as a picture of `width` pixels needs. Empty is left out,
 * as it is not drawn.
 *
 * @param size font size in pixels.
 */
export function classLegend(
  width: number,
  size: number,
  { names, palette }: ClassSet = PAPER_CLASSES,
): Image {
  const swatch = Math.round(size * 0.95), gap = Math.round(size * 0.45), space = Math.round(size * 1.3);
  const lineHeight = Math.round(size * 1.9);
  const lines: { label: number; x: number }[][] = [[]];
  const lineWidths: number[] = [0];
  for (let label = 1; label < names.length; label++) {
    const entry = swatch + gap + textWidth(names[label], size);
    if (lineWidths[lines.length - 1] > 0 && lineWidths[lines.length - 1] + space + entry > width) {
      lines.push([]);
      lineWidths.push(0);
    }
    const line = lines.length - 1;
    const x = lineWidths[line] === 0 ? 0 : lineWidths[line] + space;
    lines[line].push({ label, x });
    lineWidths[line] = x + entry;
  }
  const image = createImage(width, lines.length * lineHeight);
  lines.forEach((entries, line) => {
    const left = Math.max(0, Math.round((width - lineWidths[line]) / 2));
    const top = line * lineHeight + Math.round((lineHeight - swatch) / 2);
    for (const { label, x } of entries) {
      fillRectangle(
        image,
        left + Math.round(x),
        top,
        swatch,
        swatch,
        palette[label].map((c) => c * 0.72) as unknown as Rgb,
      );
      fillRectangle(image, left + Math.round(x) + 1, top + 1, swatch - 2, swatch - 2, palette[label]);
      const baseline = top + (swatch + size * 0.68) / 2;
      drawText(image, names[label], left + Math.round(x) + swatch + gap, baseline, { size, color: INK });
    }
  });
  return image;
}
