// What a video file of ours says about itself: its metadata holds the settings that it was made with.

const HEAD_BYTES_MAX = 1 << 20; // The index comes first, so that is where they are.
const BEGINS = '{"prompt"';

/** {prompt, duration, resolution} of a dropped MP4; null when it is not one of ours. */
export async function settingsIn(file) {
  const head = await file.slice(0, HEAD_BYTES_MAX).arrayBuffer();
  const text = new TextDecoder().decode(head);
  const at = text.indexOf(BEGINS);
  if (at < 0) return null;
  try {
    const { prompt, duration, resolution } = JSON.parse(text.slice(at, endOf(text, at)));
    return { prompt: String(prompt), duration: Number(duration), resolution: String(resolution) };
  } catch {
    return null;
  }
}

/** Where the object that begins at `at` ends: braces are counted, those in strings are not. */
function endOf(text, at) {
  let depth = 0;
  let isInString = false;
  for (let place = at; place < text.length; place += 1) {
    const mark = text[place];
    if (isInString && mark === "\\") place += 1;
    else if (mark === '"') isInString = !isInString;
    else if (!isInString && mark === "{") depth += 1;
    else if (!isInString && mark === "}" && --depth === 0) return place + 1;
  }
  return text.length;
}
