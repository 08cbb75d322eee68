//! Numbers in messages.
//!
//! The standard library writes every float exactly and as shortly as possible, which takes 20 KB of code. Messages need
//! less: numbers that people write come out as they wrote them, and others with at least 15 digits.

/// 10 to the powers 1, 2, 4 … 256.
const POWERS: [f64; 9] = [1e1, 1e2, 1e4, 1e8, 1e16, 1e32, 1e64, 1e128, 1e256];
/// Integers below this are exact.
const EXACT: f64 = 9_007_199_254_740_992.0;
/// Significant digits that every number keeps.
const DIGITS: u32 = 15;

/// The number as text, about as JavaScript writes it.
#[inline(never)]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let text = if value.is_nan() {
        return "NaN".into();
    } else if size.is_infinite() {
        "Infinity".into()
    } else if size.fract() == 0.0 && size < EXACT {
        (size as u64).to_string()
    } else if (1e-6..EXACT).contains(&size) {
        decimal(size)
    } else {
        exponential(size)
    };
    if value < 0.0 { format!("-{text}") } else { text }
}

/// With a decimal point. The quotient of two exact numbers is the float nearest to the decimal they stand for.
fn decimal(size: f64) -> String {
    let mut scale = 1.0;
    let mut places = 0;
    loop {
        let whole = (size * scale).round();
        if whole / scale == size || whole * 10.0 >= EXACT {
            let digits = format!("{:0width$}", whole as u64, width = places + 1);
            let (before, after) = digits.split_at(digits.len() - places);
            return if places == 0 { digits } else { format!("{before}.{after}") };
        }
        scale *= 10.0;
        places += 1;
    }
}

/// With an exponent.
fn exponential(size: f64) -> String {
    let mut exponent = 0_i32;
    let mut one = size;
    for (bit, power) in POWERS.iter().enumerate().rev() {
        if one >= *power {
            one /= power;
            exponent += 1 << bit;
        } else if one * power < 10.0 {
            one *= power;
            exponent -= 1 << bit;
        }
    }
    let mut scale = 1.0;
    for _ in 1..DIGITS {
        if raised((one * scale).round() / scale, exponent) == size {
            break;
        }
        scale *= 10.0;
    }
    let digits = ((one * scale).round() as u64).to_string();
    let (first, rest) = digits.split_at(1);
    let rest = rest.trim_end_matches('0');
    let point = if rest.is_empty() { "" } else { "." };
    format!("{first}{point}{rest}e{exponent}")
}

/// `value` times ten to the power of `exponent`.
fn raised(mut value: f64, exponent: i32) -> f64 {
    for (bit, power) in POWERS.iter().enumerate() {
        if exponent.unsigned_abs() & (1 << bit) != 0 {
            value = if exponent > 0 { value * power } else { value / power };
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_people_write_them() {
        for (value, text) in [
            (0.0, "0"),
            (-0.0, "0"),
            (1.0, "1"),
            (-3.0, "-3"),
            (1.5, "1.5"),
            (-0.5, "-0.5"),
            (0.1, "0.1"),
            (1500.25, "1500.25"),
            (0.000_012, "0.000012"),
            (123_456.789, "123456.789"),
            (1.0 / 3.0, "0.3333333333333333"),
            (9_007_199_254_740_991.0, "9007199254740991"),
            (450_359_962_737_049.5, "450359962737049.5"),
            (2_147_483_647.0, "2147483647"),
            (f64::NAN, "NaN"),
            (f64::INFINITY, "Infinity"),
            (f64::NEG_INFINITY, "-Infinity"),
            (1e300, "1e300"),
            (-1.25e22, "-1.25e22"),
            (1e-7, "1e-7"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.79769313486232e308"),
        ] {
            assert_eq!(number(value), text);
        }
    }
}
