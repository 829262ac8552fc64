// The page's own texts and facts, which the server writes as JSON: nothing here is ever run.

/** The JSON of `<script type="application/json" id="...">`; {} when the page has none. */
export function facts(id) {
  const place = document.getElementById(id);
  return place ? JSON.parse(place.textContent) : {};
}

export const words = facts("console-words");

/** A text with its `{name}` or `%(name)s` filled in, where the values have that name. */
export function filled(text, values) {
  return text.replace(/\{(\w+)\}|%\((\w+)\)s/g, (whole, braced, plain) => {
    const name = braced ?? plain;
    return name in values ? String(values[name]) : whole;
  });
}
