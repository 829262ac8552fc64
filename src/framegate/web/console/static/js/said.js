// The API's sentences in the language of the page. They come in English; a page in another language
// asks the gateway for its own words of them, which has the one phrase book.

const known = new Map();
// An upstream may speak any language, and in these letters it is most likely English.
const isEnglish = (text) => /^[\x20-\x7e]+$/.test(text);

/**
 * What to show of each sentence: `{text, lang}`, in this order. What the book does not know, or
 * nobody can be asked about, stays as it came, in English as a rule.
 */
export async function said(sentences) {
  const asked = [...new Set(sentences)].filter((each) => each && !known.has(each));
  if (document.documentElement.lang !== "en" && asked.length) await look(asked);
  return sentences.map((each) => ({ text: known.get(each) || each, lang: !known.get(each) && isEnglish(each) ? "en" : "" }));
}

async function look(sentences) {
  try {
    const answer = await fetch("/console/said", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-Framegate-Console": "1" },
      body: JSON.stringify({ sentences }),
      credentials: "same-origin",
    });
    if (!answer.ok) return;
    const { data } = await answer.json();
    sentences.forEach((each, place) => known.set(each, data.said[place]));
  } catch {
    // English then.
  }
}
