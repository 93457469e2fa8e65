/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** How voxels look: the renderer's light, soft corners, fine lines, patterns, one class brought out. */
import { type ClassSet, PAPER_CLASSES } from "../../../data/classes.ts";
import { CROWDING_MARGIN } from "./crowding.ts";
import { PATTERN_GLSL, PATTERN_STRENGTH, patternUniform } from "./patterns.ts";
import { UNCHANGED } from "./shown.ts";
import { type Data3DTexture, DataTexture, FloatType, GLSL3, RGBAFormat, ShaderMaterial, Vector3 } from "./three.ts";

/** Drawn for voxels that are equal in two versions. */
const UNCHANGED_COLOR = [0xd9, 0xd9, 0xde] as const;
/** Labels that a byte can have. */
const LABELS = 256;

const VERTEX = `
in vec2 kind;
out vec3 place;
flat out int label;
flat out int face;
void main() {
  place = position;
  label = int(kind.x + 0.5);
  face = int(kind.y + 0.5);
  gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
}`;

const FRAGMENT = `
precision highp sampler3D;
in vec3 place;
flat in int label;
flat in int face;
out vec4 color;
uniform highp sampler2D looks; // row 0: colours by label, row 1: patterns
uniform float patternStrength;
uniform int highlighted;
uniform vec3 lamp;
uniform vec3 size;
uniform sampler3D crowd;
${PATTERN_GLSL}
void main() {
  int axis = face / 2;
  float side = face % 2 == 1 ? 1.0 : -1.0;
  vec3 normal = vec3(axis == 0, axis == 1, axis == 2) * side;
  vec2 uv = axis == 0 ? place.zy : axis == 1 ? place.xz : place.xy;
  float light = 0.78 + 0.28 * max(0.0, dot(normal, lamp));

  // Texture axes are turned around: z varies fastest in memory.
  vec3 around = (place + 0.75 * normal + float(${CROWDING_MARGIN})) / size;
  float filled = texture(crowd, around.zyx).r;
  light *= 1.0 - 0.75 * clamp(filled - 0.3, 0.0, 0.6);

  vec2 perPixel = fwidth(uv);
  vec2 border = abs(fract(uv - 0.5) - 0.5) / perPixel;
  float fine = 1.0 / max(perPixel.x, perPixel.y);
  float line = 1.0 - clamp(min(border.x, border.y), 0.0, 1.0);
  light *= 1.0 - 0.13 * line * clamp((fine - 2.5) / 6.5, 0.0, 1.0);

  vec3 base = texelFetch(looks, ivec2(label, 0), 0).rgb;
  base *= 1.0 - patternStrength * patternAt(texelFetch(looks, ivec2(label, 1), 0), uv);
  if (highlighted > 0 && highlighted != label) base = mix(base, vec3(0.9), 0.82);
  color = vec4(min(base * light, 1.0), 1.0);
}`;

/** Uniforms that all volumes share. */
export interface SharedLook {
  /** Colours and patterns of the classes. */
  readonly looks: { value: DataTexture };
  readonly lamp: { value: Vector3 };
  readonly patternStrength: { value: number };
  readonly highlighted: { value: number };
}

/** A look to give to every {@link voxelMaterial}. */
export function sharedLook(): SharedLook {
  const numbers = new Float32Array(2 * LABELS * 4);
  const look = {
    looks: { value: new DataTexture(numbers, LABELS, 2, RGBAFormat, FloatType) },
    lamp: { value: new Vector3(0, 1, 0) },
    patternStrength: { value: 0 },
    highlighted: { value: 0 },
  };
  setClasses(look, PAPER_CLASSES);
  return look;
}

/** Gives every label the colour and pattern of its class. Colours are used as they are, without conversion. */
export function setClasses({ looks: { value: texture } }: SharedLook, { names, palette }: ClassSet): void {
  const numbers = texture.image.data as Float32Array;
  const setColor = (label: number, color: readonly number[]) => numbers.set(color.map((c) => c / 255), 4 * label);
  numbers.fill(0);
  palette.forEach((color, label) => setColor(label, color));
  setColor(UNCHANGED, UNCHANGED_COLOR);
  numbers.set(patternUniform(names.length), 4 * LABELS);
  texture.needsUpdate = true;
}

/** Turns patterns on or off. */
export function setPatterns(look: SharedLook, on: boolean): void {
  look.patternStrength.value = on ? PATTERN_STRENGTH : 0;
}

/** The lamp above the camera's left shoulder, as in the renderer of the pictures. */
export function placeLamp(look: SharedLook, towardsCamera: Vector3): void {
  const level = new Vector3(towardsCamera.x, 1e-6, towardsCamera.z).normalize();
  const right = new Vector3(0, 1, 0).cross(level).normalize();
  look.lamp.value.set(0, 0.84, 0).addScaledVector(level, 0.38).addScaledVector(right, -0.38).normalize();
}

/** The material of one volume. */
export function voxelMaterial(look: SharedLook, crowd: Data3DTexture, size: Vector3): ShaderMaterial {
  return new ShaderMaterial({
    glslVersion: GLSL3,
    vertexShader: VERTEX,
    fragmentShader: FRAGMENT,
    uniforms: {
      ...look,
      size: { value: size },
      crowd: { value: crowd },
    },
  });
}
