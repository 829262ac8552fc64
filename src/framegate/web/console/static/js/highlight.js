// A little colour for code: strings, comments, options and the words of three languages.

const PARTS = new RegExp(
  [
    "(?<c>(?<=^|\\s)#[^\\n]*|(?<=^|\\s)\\/\\/[^\\n]*)",
    "(?<s>\"(?:[^\"\\\\\\n]|\\\\.)*\"|'(?:[^'\\\\]|\\\\.)*')",
    "(?<k>(?<=\\s)--?[a-zA-Z][\\w-]*|\\b(?:import|from|def|return|while|with|as|if|not|in|raise|const|let|await|async|function|throw|new|true|false|null|True|False|None)\\b)",
    "(?<f>\\b(?:curl|framegate|ask|print|fetch|writeFile)\\b)",
  ].join("|"),
  "gm",
);

/** Nodes for a text; every piece is text, whatever is in it. */
export function highlighted(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(PARTS)) {
    nodes.push(text.slice(at, found.index));
    const span = document.createElement("span");
    span.className = Object.keys(found.groups).find((name) => found.groups[name] !== undefined);
    span.textContent = found[0];
    nodes.push(span);
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}
