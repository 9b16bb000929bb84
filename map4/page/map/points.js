// The tracks of the map as points drawn with WebGL2: a hundred thousand at interactive speed.
import { colourOf } from "../parts/element.js";

const SIGNS = ["circle", "square", "up", "diamond", "down", "cross"],
  HOLLOW = 8,
  MOST_CLASSES = 32,
  NO_CLASS = 31;
const VERTEX = `#version 300 es
in vec2 place; in float kind; in float dimmed;
uniform vec2 corner; uniform vec2 span; uniform float size; uniform float pass;
flat out int own; out float faint;
void main() {
  own = int(kind); faint = dimmed;
  vec2 at = (place - corner) / span;
  vec4 place = vec4(2.0 * at.x - 1.0, 1.0 - 2.0 * at.y, 0.0, 1.0);
  gl_Position = dimmed == pass ? place : vec4(2.0, 2.0, 2.0, 1.0);
  gl_PointSize = dimmed > 0.5 ? max(1.5, size * 0.5) : size;
}`;
const FRAGMENT = `#version 300 es
precision highp float;
flat in int own; in float faint; uniform vec3 colours[${MOST_CLASSES}];
uniform int signs[${MOST_CLASSES}]; uniform float size; out vec4 ink;
float away(int sign, vec2 p) {
  if (sign == 1) return max(abs(p.x), abs(p.y)) / 0.78;
  if (sign == 2) return max((0.884 * abs(p.x) + 0.469 * p.y) / 0.422, -p.y / 0.7);
  if (sign == 3) return abs(p.x) + abs(p.y);
  if (sign == 4) return max((0.884 * abs(p.x) - 0.469 * p.y) / 0.422, p.y / 0.7);
  vec2 q = abs(p);
  if (sign == 5) return min(max(q.x / 0.9, q.y / 0.32), max(q.y / 0.9, q.x / 0.32));
  return length(p) / 0.9;
}
void main() {
  vec2 p = 2.0 * gl_PointCoord - 1.0; p.y = -p.y;
  int sign = size < 5.0 || faint > 0.5 ? 1 : signs[own];
  float d = away(sign % ${HOLLOW}, p), soft = 2.0 / size;
  float a = 1.0 - smoothstep(1.0 - soft, 1.0 + soft, d);
  if (sign >= ${HOLLOW}) a *= smoothstep(0.45 - soft, 0.45 + soft, d);
  a *= faint > 0.5 ? 0.3 : size < 5.0 ? 0.8 : 0.92;
  if (a < 0.01) discard;
  ink = vec4(colours[own] * a, a);
}`;

export class Points {
  // Null if the browser has no WebGL2. lost: called when everything must be drawn again.
  /** @param {HTMLCanvasElement} canvas @param {() => void} lost */
  static on(canvas, lost) {
    const gl = canvas.getContext("webgl2", { antialias: false, premultipliedAlpha: true });
    try {
      return gl && new Points(canvas, gl, lost);
    } catch {
      return null; // WebGL2 without the needed features
    }
  }
  /**
   * @param {HTMLCanvasElement} canvas @param {WebGL2RenderingContext} gl @param {() => void} lost
   */
  constructor(canvas, gl, lost) {
    this.canvas = canvas;
    this.gl = gl;
    this.count = 0;
    /** @type {Record<string, Float32Array | Uint8Array>} */
    this.data = {};
    this.palette = new Float32Array(3 * MOST_CLASSES);
    this.signs = new Int32Array(MOST_CLASSES);
    this.begin();
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => {
      this.begin();
      Object.entries(this.data).forEach(([name, data]) => this.fill(name, data));
      lost();
    });
  }
  begin() {
    const { gl } = this,
      program = gl.createProgram();
    for (const [kind, text] of /** @type {[number, string][]} */ ([
      [gl.VERTEX_SHADER, VERTEX],
      [gl.FRAGMENT_SHADER, FRAGMENT],
    ])) {
      const shader = /** @type {WebGLShader} */ (gl.createShader(kind));
      gl.shaderSource(shader, text);
      gl.compileShader(shader);
      gl.attachShader(program, shader);
    }
    gl.linkProgram(program);
    if (!gl.getProgramParameter(program, gl.LINK_STATUS))
      throw new Error(gl.getProgramInfoLog(program) ?? "WebGL");
    gl.useProgram(program);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    this.program = program;
    /** @type {Map<string, WebGLBuffer>} */
    this.buffers = new Map();
  }
  /** @param {string} name @param {Float32Array | Uint8Array} data */
  fill(name, data) {
    const { gl } = this,
      at = gl.getAttribLocation(/** @type {WebGLProgram} */ (this.program), name);
    const buffer = this.buffers?.get(name) ?? gl.createBuffer();
    this.data[name] = data;
    this.buffers?.set(name, buffer);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(
      at,
      name === "place" ? 2 : 1,
      data instanceof Float32Array ? gl.FLOAT : gl.UNSIGNED_BYTE,
      false,
      0,
      0,
    );
  }
  /** @param {Float32Array} x @param {Float32Array} y */
  place(x, y) {
    this.count = x.length;
    this.fill(
      "place",
      new Float32Array(2 * x.length).map((_, i) => (i % 2 ? y : x)[i >> 1]),
    );
    this.fill("kind", new Uint8Array(x.length).fill(NO_CLASS));
    this.dim(null);
  }
  /**
   * @param {Int8Array} classOf @param {Page.Class[]} classes @param {string[]} colours
   * @param {string} none
   */
  colour(classOf, classes, colours, none) {
    [...colours, none].forEach((colour, i, every) =>
      this.palette.set(rgb(colour), 3 * (i === every.length - 1 ? NO_CLASS : i)),
    );
    const kinds = Uint8Array.from(classOf, (own) => (own < 0 ? NO_CLASS : own));
    this.signs.set(classes.map((own) => SIGNS.indexOf(own.sign) + (own.hollow ? HOLLOW : 0)));
    this.fill("kind", kinds);
  }
  /** @param {Uint8Array | null} matched */
  dim(matched) {
    this.fill("dimmed", matched ? matched.map((one) => 1 - one) : new Uint8Array(this.count));
  }
  /**
   * @param {number} left
   * @param {number} top
   * @param {number} scale  of the map
   * @param {number} size  half the point size in px
   * @param {number} sharp
   */
  draw(left, top, scale, size, sharp) {
    const { gl, canvas } = this,
      at = (/** @type {string} */ name) =>
        gl.getUniformLocation(/** @type {WebGLProgram} */ (this.program), name);
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.uniform2f(at("corner"), left, top);
    gl.uniform2f(at("span"), canvas.width / sharp / scale, canvas.height / sharp / scale);
    gl.uniform1f(at("size"), Math.max(1.5, 2.2 * size * sharp));
    gl.uniform3fv(at("colours"), this.palette);
    gl.uniform1iv(at("signs"), this.signs);
    for (const pass of [1, 0]) {
      // dimmed points below
      gl.uniform1f(at("pass"), pass);
      gl.drawArrays(gl.POINTS, 0, this.count);
    }
  }
}

const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
// A CSS colour as red, green and blue, 0-1.
/** @param {string} colour */
function rgb(colour) {
  if (!probe) return [0.5, 0.5, 0.5];
  probe.fillStyle = colour || colourOf("wanted");
  probe.fillRect(0, 0, 1, 1);
  return [...probe.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => part / 255);
}
