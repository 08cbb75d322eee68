#include "json.hpp"

#include <cmath>
#include <cstdio>

namespace json {

static const double TENS[] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6};

void Writer::grow(size_t by) {
  size_t wanted = size_ + by;
  size_t capacity = capacity_ ? capacity_ * 2 : 1024;
  if (capacity < wanted) capacity = wanted;
  char* data = static_cast<char*>(realloc(data_, capacity));
  if (!data) abort();
  data_ = data;
  capacity_ = capacity;
}

void Writer::text(const char* bytes, size_t length) {
  static const char HEX[] = "0123456789abcdef";
  ch('"');
  size_t from = 0;
  for (size_t i = 0; i < length; i++) {
    unsigned char c = bytes[i];
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    raw(bytes + from, i - from);
    from = i + 1;
    ch('\\');
    switch (c) {
      case '"': ch('"'); break;
      case '\\': ch('\\'); break;
      case '\b': ch('b'); break;
      case '\f': ch('f'); break;
      case '\n': ch('n'); break;
      case '\r': ch('r'); break;
      case '\t': ch('t'); break;
      default:
        raw("u00", 3);
        ch(HEX[c >> 4]);
        ch(HEX[c & 15]);
    }
  }
  raw(bytes + from, length - from);
  ch('"');
}

void Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  char buffer[40];
  double size = std::fabs(value);
  // Few decimals: an integer divided by an exact power of ten gives the same double back, hence the same digits.
  if (size < 1e15) {
    for (int decimals = 0; decimals <= 6; decimals++) {
      double scaled = size * TENS[decimals];
      if (scaled >= 9007199254740992.0) break;
      uint64_t whole = uint64_t(scaled + 0.5);
      if (double(whole) / TENS[decimals] != size) continue;
      char* at = buffer + sizeof buffer;
      for (int i = 0; i < decimals; i++, whole /= 10) *--at = '0' + whole % 10;
      if (decimals) *--at = '.';
      do {
        *--at = '0' + whole % 10;
        whole /= 10;
      } while (whole);
      if (value < 0) *--at = '-';
      return raw(at, buffer + sizeof buffer - at);
    }
  }
  for (int digits = 15; digits <= 17; digits++) {
    snprintf(buffer, sizeof buffer, "%.*g", digits, value);
    if (strtod(buffer, nullptr) == value) break;
  }
  raw(buffer);
}

void Writer::value(const Value& value) {
  switch (value.kind) {
    case Kind::Null: return null();
    case Kind::False: return boolean(false);
    case Kind::True: return boolean(true);
    case Kind::Number: return number(value.number);
    case Kind::Text: return text(value.text, value.count);
    case Kind::Array:
      ch('[');
      for (uint32_t i = 0; i < value.count; i++) {
        if (i) ch(',');
        this->value(value.items[i]);
      }
      return ch(']');
    case Kind::Object:
      ch('{');
      for (uint32_t i = 0; i < value.count; i++) {
        if (i) ch(',');
        this->value(value.members[i].key);
        ch(':');
        this->value(value.members[i].value);
      }
      return ch('}');
  }
}

char* Writer::release(size_t& size) {
  size = size_;
  char* data = data_;
  data_ = nullptr;
  size_ = capacity_ = 0;
  return data;
}

}  // namespace json
