// Money as whole micros, like the server: no amount is ever a float on its way to a person.

const MICROS = 1000000n;

/** Whole micros (BigInt) of the API's decimal string. */
export function micros(decimal) {
  const [, sign, whole, decimals = ""] = /^(-?)(\d+)(?:\.(\d{1,6}))?$/.exec(decimal);
  const value = BigInt(whole) * MICROS + BigInt(decimals.padEnd(6, "0"));
  return sign ? -value : value;
}

/** `$48.20`: at least two decimals, more where the amount has more; never rounded. */
export function money(amount, symbol) {
  const size = amount < 0n ? -amount : amount;
  const whole = (size / MICROS).toString().replace(/\B(?=(\d{3})+$)/g, ",");
  const decimals = (size % MICROS).toString().padStart(6, "0").replace(/0{1,4}$/, "");
  return `${amount < 0n ? "-" : ""}${symbol}${whole}.${decimals}`;
}
