/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/** The parts of three.js that the page uses. */
// @ts-types="npm:@types/three@^0.187.0"
export {
  Box3,
  Box3Helper,
  BufferAttribute,
  BufferGeometry,
  Color,
  Data3DTexture,
  DataTexture,
  FloatType,
  GLSL3,
  LinearFilter,
  LineBasicMaterial,
  Mesh,
  MOUSE,
  PerspectiveCamera,
  RedFormat,
  RGBAFormat,
  Scene,
  ShaderMaterial,
  TOUCH,
  Vector2,
  Vector3,
  WebGLRenderer,
} from "three";
// @ts-types="npm:@types/three@^0.187.0/examples/jsm/controls/OrbitControls.js"
export { OrbitControls } from "three/addons/controls/OrbitControls.js";
