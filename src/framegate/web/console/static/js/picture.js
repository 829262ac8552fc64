// The rules of a first frame, judged at once: the same limits that the gateway keeps (rule 27).

import { facts } from "./words.js";

const LIMITS = facts("facts").picture;
const MEGABYTE = 1024 * 1024;
const JPEG = [0xff, 0xd8, 0xff];
const PNG = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** "jpeg", "png" or "": by the bytes, never by the name. */
async function formatOf(file) {
  const head = new Uint8Array(await file.slice(0, 8).arrayBuffer());
  const begins = (bytes) => bytes.every((byte, place) => head[place] === byte);
  return begins(JPEG) ? "jpeg" : begins(PNG) ? "png" : "";
}

/**
 * What a file is, and each rule with whether it keeps it.
 * returns {format, width, height, bytes, rules: [{rule, isKept, value}]}; width 0 when unreadable
 */
export async function judged(file) {
  const format = await formatOf(file);
  let width = 0;
  let height = 0;
  try {
    const bitmap = await createImageBitmap(file);
    ({ width, height } = bitmap);
    bitmap.close();
  } catch {
    // Not a picture that this browser reads: the rules below say so.
  }
  const rules = [{ rule: "format", isKept: Boolean(format), value: format === "png" ? "PNG" : "JPG" }];
  rules.push({ rule: "bytes", isKept: file.size <= LIMITS.bytes_max, value: (file.size / MEGABYTE).toFixed(1) });
  if (width) rules.push(...judgedSize(width, height));
  return { format, width, height, bytes: file.size, rules };
}

function judgedSize(width, height) {
  const ratio = width / height;
  const rules = [
    { rule: "side", isKept: Math.min(width, height) >= LIMITS.side_px_min, value: `${width}×${height}` },
    {
      rule: "ratio",
      // Whole numbers: the ends of the range belong to it.
      isKept: width <= height * LIMITS.ratio_max && height <= width * LIMITS.ratio_max,
      value: ratio >= 1 ? ratio.toFixed(2) : `1:${(1 / ratio).toFixed(2)}`,
    },
  ];
  const isTooMany = width * height > LIMITS.pixels_max;
  if (isTooMany) rules.push({ rule: "pixels", isKept: false, value: ((width * height) / 1e6).toFixed(1) });
  return rules;
}

/** The aspect ratio of the page's three that a picture is nearest to. */
export function nearestRatio(width, height) {
  const shapes = { "16:9": 16 / 9, "9:16": 9 / 16, "1:1": 1 };
  const distance = (value) => Math.abs(Math.log(width / height / value));
  return Object.keys(shapes).reduce((best, name) => (distance(shapes[name]) < distance(shapes[best]) ? name : best));
}
