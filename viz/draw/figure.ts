/** A figure as data: simple shapes that are written as SVG or drawn as pixels. */
import { createImage, type Image, type Rgb } from "./image.ts";
import { fillBand, fillRectangle, type Point, strokePaths } from "./raster.ts";
import { type Anchor, drawText } from "./text.ts";

/** A filled rectangle. */
export interface Rectangle {
  /** Tells the shapes apart. */
  readonly kind: "rectangle";
  /** Left side. */
  readonly x: number;
  /** Upper side. */
  readonly y: number;
  /** Extent to the right. */
  readonly width: number;
  /** Extent downwards. */
  readonly height: number;
  /** Colour of the area. */
  readonly color: Rgb;
}

/** A line through points. */
export interface Line {
  /** Tells the shapes apart. */
  readonly kind: "line";
  /** Points in order. */
  readonly points: readonly Point[];
  /** Width of the stroke. */
  readonly width: number;
  /** Colour of the stroke. */
  readonly color: Rgb;
}

/** The area between two lines over the same increasing x. */
export interface Band {
  /** Tells the shapes apart. */
  readonly kind: "band";
  /** Increasing x of the points of both lines. */
  readonly xs: readonly number[];
  /** y of the one line at each x. */
  readonly low: readonly number[];
  /** y of the other line at each x. */
  readonly high: readonly number[];
  /** Colour of the area. */
  readonly color: Rgb;
  /** How much the area hides what is behind it, 0–1. */
  readonly opacity: number;
}

/** A filled circle. */
export interface Disc {
  /** Tells the shapes apart. */
  readonly kind: "disc";
  /** x of the centre. */
  readonly x: number;
  /** y of the centre. */
  readonly y: number;
  /** Half the diameter. */
  readonly radius: number;
  /** Colour of the area. */
  readonly color: Rgb;
}

/** A line of text. */
export interface Text {
  /** Tells the shapes apart. */
  readonly kind: "text";
  /** x of the anchor. */
  readonly x: number;
  /** y of the baseline. */
  readonly y: number;
  /** What is written. */
  readonly text: string;
  /** Font size in pixels. */
  readonly size: number;
  /** Colour of the letters. */
  readonly color: Rgb;
  /** Which point of the text is at x. */
  readonly anchor: Anchor;
  /** True for thick letters. */
  readonly bold?: boolean;
  /** True for text that runs upwards: turned left by a quarter about (x, y). */
  readonly upwards?: boolean;
}

/** One element of a {@link Figure}. */
export type Shape = Rectangle | Line | Band | Disc | Text;

/** Shapes in the order they are drawn, on white; coordinates in pixels from the top left corner. */
export interface Figure {
  /** Extent to the right. */
  readonly width: number;
  /** Extent downwards. */
  readonly height: number;
  /** Elements, the lowest first. */
  readonly shapes: readonly Shape[];
}

/** The figure as pixels, `scale` of them per unit. */
export function figureToImage(figure: Figure, scale = 2): Image {
  const image = createImage(Math.round(figure.width * scale), Math.round(figure.height * scale));
  const times = (values: readonly number[]) => values.map((value) => value * scale);
  for (const shape of figure.shapes) {
    const { color } = shape;
    if (shape.kind === "rectangle") {
      fillRectangle(image, shape.x * scale, shape.y * scale, shape.width * scale, shape.height * scale, color);
    } else if (shape.kind === "line") {
      const points = shape.points.map(([x, y]): Point => [x * scale, y * scale]);
      strokePaths(image, [points], shape.width * scale, color);
    } else if (shape.kind === "disc") {
      strokePaths(image, [[[shape.x * scale, shape.y * scale]]], 2 * shape.radius * scale, color);
    } else if (shape.kind === "band") {
      fillBand(image, times(shape.xs), times(shape.low), times(shape.high), color, shape.opacity);
    } else {
      const { text, size, anchor, bold, upwards } = shape;
      drawText(image, text, shape.x * scale, shape.y * scale, { size: size * scale, color, anchor, bold, upwards });
    }
  }
  return image;
}

/** The figure as an SVG document. */
export function figureToSvg({ width, height, shapes }: Figure): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"` +
    ` font-family="Helvetica, Arial, sans-serif">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...shapes.map(shapeToSvg),
    "</svg>",
    "",
  ].join("\n");
}

function shapeToSvg(shape: Shape): string {
  const color = "#" + shape.color.map((value) => Math.round(value).toString(16).padStart(2, "0")).join("");
  switch (shape.kind) {
    case "rectangle":
      return `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" ` +
        `height="${round(shape.height)}" fill="${color}"/>`;
    case "line":
      return `<polyline points="${pointList(shape.points)}" fill="none" stroke="${color}" ` +
        `stroke-width="${shape.width}" stroke-linejoin="round" stroke-linecap="round"/>`;
    case "band": {
      const there = shape.xs.map((x, i): Point => [x, shape.low[i]]);
      const back = shape.xs.map((x, i): Point => [x, shape.high[i]]).reverse();
      return `<polygon points="${pointList([...there, ...back])}" fill="${color}" fill-opacity="${shape.opacity}"/>`;
    }
    case "disc":
      return `<circle cx="${round(shape.x)}" cy="${round(shape.y)}" r="${round(shape.radius)}" fill="${color}"/>`;
    case "text":
      return `<text x="${round(shape.x)}" y="${round(shape.y)}" font-size="${shape.size}" fill="${color}" ` +
        `text-anchor="${shape.anchor}"${shape.bold ? ' font-weight="bold"' : ""}` +
        `${shape.upwards ? ` transform="rotate(-90 ${round(shape.x)} ${round(shape.y)})"` : ""}>` +
        `${escapeXml(shape.text)}</text>`;
  }
}

function pointList(points: readonly Point[]): string {
  return points.map(([x, y]) => `${round(x)},${round(y)}`).join(" ");
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

/** Text for XML; characters that XML 1.0 does not allow are left out. */
function escapeXml(text: string): string {
  const names: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  // deno-lint-ignore no-control-regex
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, "").replace(/[&<>"]/g, (c) => names[c]);
}
