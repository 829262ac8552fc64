// What the form would cost: as the gateway quotes it, with the sum it is made of and the balance after.

import { ApiError, post } from "./api.js";
import { micros, money } from "./money.js";

const ASK_AFTER_MS = 120;
const PERMILLE = 1000n;
// A picture that has not been chosen yet costs as much as any other.
const ANY_PICTURE = "https://example.com/first-frame.jpg";

/** The gateway's own sum on the same whole numbers: one rounding, half up, on the total. */
export function priceOf(prices, { duration, resolution, aspect }) {
  const factor = (list, name) => BigInt(list[name] ?? 1000);
  const exact =
    micros(prices.per_second) *
    BigInt(duration) *
    factor(prices.resolution, resolution) *
    factor(prices.aspect_ratio, aspect);
  return (exact + (PERMILLE * PERMILLE) / 2n) / (PERMILLE * PERMILLE);
}

/** `5 s × $0.112 × 1.5`; a factor of 1 is left out. */
export function sumOf(prices, { duration, resolution, aspect }, symbol) {
  const factors = [prices.resolution[resolution] ?? 1000, prices.aspect_ratio[aspect] ?? 1000];
  const named = factors.filter((permille) => permille !== 1000).map((permille) => ` × ${permille / 1000}`);
  return `${duration} s × ${money(micros(prices.per_second), symbol)}${named.join("")}`;
}

/** Asks for quotes, the newest alone; `onQuote({amount, available, problem})` in whole micros. */
export class Pricing {
  constructor(facts, onQuote) {
    this.facts = facts;
    this.onQuote = onQuote;
    this.timer = 0;
    this.asking = null;
  }

  ask(wish, body) {
    const amount = priceOf(this.facts.prices, wish);
    this.onQuote({ amount, isSure: false });
    clearTimeout(this.timer);
    if (this.asking) this.asking.abort();
    this.timer = setTimeout(() => this.quote(amount, body), ASK_AFTER_MS);
  }

  async quote(amount, body) {
    this.asking = new AbortController();
    const { signal } = this.asking;
    const contents = body.contents.map((item) => (item.type === "first_frame" && !item.url ? { ...item, url: ANY_PICTURE } : item));
    try {
      const quote = await post("/api/quote", { ...body, contents }, { signal });
      const available = quote.available === null ? null : micros(quote.available);
      this.onQuote({ amount: BigInt(quote.amount_micros), available, isSure: true });
    } catch (error) {
      if (error instanceof ApiError) this.onQuote({ amount, isSure: true, problem: error });
    }
  }
}
