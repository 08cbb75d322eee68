//! Points in time as texts: of requests and metadata (ISO 8601) and of HTTP headers.

const DAY_MS: f64 = 86_400_000.0;
const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";

/// Milliseconds since 1970 of an ISO 8601 date, with or without a time of day; one without a zone is UTC.
pub fn iso_ms(text: &str) -> Option<f64> {
    let text = text.trim();
    let (day, clock) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let mut parts = day.split('-');
    let mut part = |digits| parts.next().and_then(|text| number(text, digits));
    let start = days(part(4)?, part(2)?, part(2)?)? * DAY_MS;
    if parts.next().is_some() {
        return None;
    }
    let Some(clock) = clock else { return Some(start) };
    let (clock, offset_ms) = match clock.find(['Z', 'z', '+', '-']) {
        Some(at) => (&clock[..at], offset_ms(&clock[at..])?),
        None => (clock, 0.0),
    };
    Some(start + clock_ms(clock)? - offset_ms)
}

/// The last millisecond that the text names: a day without a time of day lasts until its end.
pub fn end_ms(text: &str) -> Option<f64> {
    let whole_day = !text.trim().contains(['T', 't', ' ']);
    iso_ms(text).map(|start| if whole_day { start + DAY_MS - 1.0 } else { start })
}

/// Milliseconds since 1970 of an HTTP date, such as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub fn http_ms(text: &str) -> Option<f64> {
    let mut words = text.split_whitespace().skip(1);
    let day = number(words.next()?, 2)?;
    let month =
        words.next().filter(|name| name.len() == 3).and_then(|name| MONTHS.find(name)).filter(|at| at % 3 == 0)?;
    let year = number(words.next()?, 4)?;
    let start = days(year, month as u32 / 3 + 1, day)? * DAY_MS;
    Some(start + clock_ms(words.next()?)?)
}

/// A number of exactly so many digits.
fn number(text: &str, digits: usize) -> Option<u32> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fraction`.
fn clock_ms(text: &str) -> Option<f64> {
    let mut parts = text.split(':');
    let hours = number(parts.next()?, 2).filter(|hours| *hours <= 24)?;
    let minutes = number(parts.next()?, 2).filter(|minutes| *minutes < 60)?;
    let millis = match parts.next() {
        None => 0,
        Some(text) => {
            let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, "0"));
            let whole = number(whole, 2).filter(|seconds| *seconds <= 60)?;
            // More digits than a millisecond has are read and dropped.
            let part = fraction.bytes().try_fold((0, 100), |(sum, weight), byte| {
                byte.is_ascii_digit().then(|| (sum + u32::from(byte - b'0') * weight, weight / 10))
            });
            whole * 1000 + part.filter(|_| !fraction.is_empty())?.0
        }
    };
    (parts.next().is_none()).then(|| f64::from((hours * 60 + minutes) * 60_000 + millis))
}

/// `Z`, `+hh:mm`, `+hhmm`, `+hh`.
fn offset_ms(text: &str) -> Option<f64> {
    let (sign, text) = text.split_at_checked(1)?;
    if matches!(sign, "Z" | "z") {
        return text.is_empty().then_some(0.0);
    }
    let digits: String = text.chars().filter(|c| *c != ':').collect();
    let hours = number(digits.get(..2)?, 2)?;
    let minutes = if digits.len() == 2 { 0 } else { number(&digits[2..], 2)? };
    let ms = f64::from(hours * 60 + minutes) * 60_000.0;
    Some(if sign == "-" { -ms } else { ms })
}

/// Days since 1970 of a day in the Gregorian calendar.
fn days(year: u32, month: u32, day: u32) -> Option<f64> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let length = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // Years that begin in March have their leap day at the end.
    let shifted = (month + 9) % 12;
    let year = i64::from(year) - i64::from(month < 3);
    let of_years = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    let of_months = i64::from((153 * shifted + 2) / 5 + day - 1);
    Some((of_years + of_months - 719_468) as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iso_dates_without_a_zone_are_utc() {
        for (text, expected) in [
            ("1970-01-01", 0.0),
            ("1970-01-01T00:00:00Z", 0.0),
            ("1969-12-31T23:59:59.999Z", -1.0),
            ("2022-09-19T04:17:17.142Z", 1_663_561_037_142.0),
            ("2022-09-19T04:17:17.142", 1_663_561_037_142.0),
            (" 2022-09-19 04:17:17,142999z ", 1_663_561_037_142.0),
            ("2022-09-19T06:17:17.007+02:00", 1_663_561_037_007.0),
            ("2022-09-18T23:47:17-0430", 1_663_561_037_000.0),
            ("2022-09-19T04:17+00", 1_663_561_020_000.0),
            ("2024-02-29", 1_709_164_800_000.0),
            ("2000-02-29", 951_782_400_000.0),
            ("2000-03-01", 951_868_800_000.0),
            ("1900-03-01", -2_203_891_200_000.0),
            ("0001-01-01", -62_135_596_800_000.0),
            ("9999-12-31T23:59:59Z", 253_402_300_799_000.0),
            ("2022-01-01T24:00:00Z", 1_641_081_600_000.0),
        ] {
            assert_eq!(iso_ms(text), Some(expected), "{text}");
        }
        for bad in [
            "",
            "now",
            "2022",
            "2022-09",
            "2022-9-19",
            "19-09-2022",
            "2022-13-01",
            "2022-00-01",
            "2022-02-29",
            "1900-02-29",
            "2022-04-31",
            "2022-01-00",
            "2022-01-01-01",
            "2022-01-01T",
            "2022-01-01T25:00",
            "2022-01-01T00:60",
            "2022-01-01T00:00:00.",
            "2022-01-01T00:00:00.x",
            "2022-01-01T00:00:00:00",
            "2022-01-01T00:00Zx",
            "2022-01-01T00:00+",
            "2022-01-01T00:00+1",
            "2022-01-01T00:00+é",
            "２０２２-01-01",
        ] {
            assert_eq!(iso_ms(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_day_lasts_until_its_end() {
        assert_eq!(end_ms("1970-01-01"), Some(DAY_MS - 1.0));
        assert_eq!(end_ms("1970-01-01T00:00:00Z"), Some(0.0));
        assert_eq!(end_ms("x"), None);
    }

    #[test]
    fn http_dates_are_read() {
        assert_eq!(http_ms("Sun, 06 Nov 1994 08:49:37 GMT"), Some(784_111_777_000.0));
        assert_eq!(http_ms("Thu, 01 Jan 1970 00:00:00 GMT"), Some(0.0));
        for (month, text) in
            ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].iter().enumerate()
        {
            let iso = iso_ms(&format!("2023-{:02}-09", month + 1));
            assert_eq!(http_ms(&format!("Day, 09 {text} 2023 00:00:00 GMT")), iso, "{text}");
        }
        for bad in ["", "120", "Sun, 06 anF 1994 08:49:37 GMT", "Sun, 06 November 1994 08:49:37 GMT", "06 Nov 1994"] {
            assert_eq!(http_ms(bad), None, "{bad}");
        }
    }
}
