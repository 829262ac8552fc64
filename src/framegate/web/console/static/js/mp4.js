// The settings that the embedded renderer writes into its videos, read from a file in the browser.
//
// An MP4 is boxes: four bytes of size, four of name, the content. The words of people stand in
// moov/udta/meta/ilst, each in a box of its own (`desc`, `©cmt`) with a `data` box inside. Only the
// headers and the one box `moov` are read, however long the video is. (ISO/IEC 14496-12; the items
// as QuickTime has them.)

const MOOV_BYTES_MAX = 16 * 1024 * 1024;
const BOXES_MAX = 64;
const HEAD_BYTES = 16;
const WORDS = { desc: "description", "\u00a9cmt": "comment" };

/** {description, comment} of a Blob, as texts; {} when it has none or is no MP4. */
export async function wordsOf(file) {
  const moov = await moovOf(file);
  return moov ? items(moov) : {};
}

/** The settings of a video of ours: {prompt, duration, resolution, seed, shots, task}; null for others. */
export async function settingsOf(file) {
  const { description, comment } = await wordsOf(file);
  if (!description) return null;
  try {
    const made = JSON.parse(description);
    if (typeof made.prompt !== "string" || typeof made.duration !== "number") return null;
    return { ...made, task: /^task_\w+$/.test(comment || "") ? comment : "" };
  } catch {
    return null;
  }
}

async function moovOf(file) {
  let at = 0;
  for (let passed = 0; passed < BOXES_MAX && at + 8 <= file.size; passed += 1) {
    const view = new DataView(await file.slice(at, at + HEAD_BYTES).arrayBuffer());
    const { size, name, head } = headOf(view, 0, file.size - at);
    if (size < head || at + size > file.size) return null;
    if (name === "moov") return size > MOOV_BYTES_MAX ? null : new DataView(await file.slice(at + head, at + size).arrayBuffer());
    at += size;
  }
  return null;
}

function headOf(view, at, left) {
  let size = view.getUint32(at);
  let head = 8;
  if (size === 1 && view.byteLength >= at + 16) {
    size = Number(view.getBigUint64(at + 8));
    head = 16;
  } else if (size === 0) size = left;
  return { size, head, name: nameAt(view, at + 4) };
}

const nameAt = (view, at) => String.fromCharCode(...[0, 1, 2, 3].map((each) => view.getUint8(at + each)));

/** The boxes between two places, as [name, begin, end]; what is damaged ends the list. */
function* boxes(view, from, to) {
  let at = from;
  while (at + 8 <= to) {
    const { size, head, name } = headOf(view, at, to - at);
    if (size < head || at + size > to) return;
    yield [name, at + head, at + size];
    at += size;
  }
}

function inside(view, [, from, to], name) {
  for (const box of boxes(view, from, to)) if (box[0] === name) return box;
  return null;
}

function items(moov) {
  const udta = inside(moov, ["", 0, moov.byteLength], "udta");
  const meta = udta && inside(moov, udta, "meta");
  // `meta` has a version and flags before its boxes.
  const ilst = meta && inside(moov, ["", meta[1] + 4, meta[2]], "ilst");
  const found = {};
  if (!ilst) return found;
  for (const item of boxes(moov, ilst[1], ilst[2])) {
    const data = WORDS[item[0]] && inside(moov, item, "data");
    // Four bytes of type and four of language stand before the text.
    if (data && data[2] - data[1] > 8) found[WORDS[item[0]]] = textAt(moov, data[1] + 8, data[2]);
  }
  return found;
}

const textAt = (view, from, to) => new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + from, to - from));
