// Points in time as texts, read by the platform.

/**
 * Milliseconds since 1970 of an ISO 8601 date, with or without a time of day; one without a zone is UTC. NaN for all else.
 * @param {string} text
 * @param {boolean} end the last millisecond that the text names: a day without a time of day lasts until its end
 */
export function dateMs(text, end) {
  const parts = /^\s*(\d{4}-\d\d-\d\d)(?:[t ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)(z|[+-]\d\d(?::?\d\d)?)?)?\s*$/i.exec(text);
  const [, day, time, zone = "Z"] = parts ?? [];
  const midnight = Date.parse(`${day}T00:00Z`);
  // Browsers do not agree about days that a month does not have.
  if (isNaN(midnight) || !new Date(midnight).toISOString().startsWith(day)) return NaN;
  if (!time) return midnight + (end ? 86_399_999 : 0);
  const [, hours, minutes = "00"] = /^([+-]\d\d):?(\d\d)?/.exec(zone) ?? [];
  return Date.parse(`${day}T${time.replace(",", ".")}${hours ? `${hours}:${minutes}` : "Z"}`);
}

/** How long a server wants us to wait, in milliseconds: the longest that its headers say, in seconds or as a date. */
export function waitMs(...headers) {
  const waits = headers
    .filter((text) => text?.trim())
    .map((text) => (isNaN(text) ? Math.max(Date.parse(text) - Date.now(), 0) : Math.ceil(text * 1000)))
    .filter((ms) => ms >= 0);
  return waits.length ? Math.max(...waits) : undefined;
}
