#include "json.hpp"

#include <vector>

namespace json {

bool same_text(const char* a, size_t a_len, const char* b, size_t b_len, bool ignore_case) {
  if (a_len != b_len) return false;
  for (size_t i = 0; i < a_len; i++) {
    unsigned char x = a[i], y = b[i];
    if (ignore_case) {
      if (x >= 'A' && x <= 'Z') x |= 32;
      if (y >= 'A' && y <= 'Z') y |= 32;
    }
    if (x != y) return false;
  }
  return true;
}

const Value* Value::get(const char* name) const {
  if (kind != Kind::Object) return nullptr;
  size_t length = strlen(name);
  for (uint32_t i = count; i > 0; i--) {
    const Member& member = members[i - 1];
    if (same_text(member.key.text, member.key.count, name, length, false)) return &member.value;
  }
  return nullptr;
}

Arena::~Arena() {
  while (blocks_) {
    Block* next = blocks_->next;
    free(blocks_);
    blocks_ = next;
  }
}

void* Arena::take(size_t bytes) {
  bytes = (bytes + 7) & ~size_t(7);
  if (bytes > left_) {
    size_t size = bytes > 65536 ? bytes : 65536;
    Block* block = static_cast<Block*>(malloc(size + sizeof(double)));
    if (!block) abort();
    block->next = blocks_;
    blocks_ = block;
    at_ = reinterpret_cast<char*>(block) + sizeof(double);
    left_ = size;
  }
  void* taken = at_;
  at_ += bytes;
  left_ -= bytes;
  return taken;
}

namespace {

const int MAX_DEPTH = 256;
const double POWERS[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                         1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

class Parser {
 public:
  Parser(const char* text, size_t length, Arena& arena) : begin_(text), at_(text), end_(text + length), arena_(arena) {}

  bool document(Value& out) {
    space();
    if (!value(out, 0)) return false;
    space();
    return at_ == end_ || fail("unexpected text after the value");
  }
  ParseError error() const { return {what_, size_t(at_ - begin_)}; }

 private:
  bool fail(const char* what) {
    if (!what_) what_ = what;
    return false;
  }

  void space() {
    while (at_ < end_ && (*at_ == ' ' || *at_ == '\n' || *at_ == '\r' || *at_ == '\t')) at_++;
  }

  bool word(const char* expected) {
    size_t length = strlen(expected);
    if (size_t(end_ - at_) < length || memcmp(at_, expected, length) != 0) return fail("unknown literal");
    at_ += length;
    return true;
  }

  bool value(Value& out, int depth) {
    if (at_ == end_) return fail("unexpected end of text");
    if (depth > MAX_DEPTH) return fail("nested too deeply");
    switch (*at_) {
      case '{': return object(out, depth);
      case '[': return array(out, depth);
      case '"': return text(out);
      case 't': out.kind = Kind::True; return word("true");
      case 'f': out.kind = Kind::False; return word("false");
      case 'n': out.kind = Kind::Null; return word("null");
      default: return number(out);
    }
  }

  bool array(Value& out, int depth) {
    size_t mark = values_.size();
    at_++;
    space();
    if (at_ < end_ && *at_ == ']') {
      at_++;
    } else {
      for (;;) {
        space();
        Value item;
        if (!value(item, depth + 1)) return false;
        values_.push_back(item);
        space();
        if (at_ == end_) return fail("unexpected end of text inside an array");
        char c = *at_;
        if (c != ',' && c != ']') return fail("expected ',' or ']'");
        at_++;
        if (c == ']') break;
      }
    }
    out.kind = Kind::Array;
    out.count = values_.size() - mark;
    out.items = static_cast<Value*>(arena_.take(out.count * sizeof(Value)));
    if (out.count) memcpy(static_cast<void*>(out.items), &values_[mark], out.count * sizeof(Value));
    values_.resize(mark);
    return true;
  }

  bool object(Value& out, int depth) {
    size_t mark = members_.size();
    at_++;
    space();
    if (at_ < end_ && *at_ == '}') {
      at_++;
    } else {
      for (;;) {
        space();
        if (at_ == end_ || *at_ != '"') return fail("expected a member name in double quotes");
        Member member;
        if (!text(member.key)) return false;
        space();
        if (at_ == end_ || *at_ != ':') return fail("expected ':' after a member name");
        at_++;
        space();
        if (!value(member.value, depth + 1)) return false;
        members_.push_back(member);
        space();
        if (at_ == end_) return fail("unexpected end of text inside an object");
        char c = *at_;
        if (c != ',' && c != '}') return fail("expected ',' or '}'");
        at_++;
        if (c == '}') break;
      }
    }
    out.kind = Kind::Object;
    out.count = members_.size() - mark;
    out.members = static_cast<Member*>(arena_.take(out.count * sizeof(Member)));
    if (out.count) memcpy(static_cast<void*>(out.members), &members_[mark], out.count * sizeof(Member));
    members_.resize(mark);
    return true;
  }

  int hex4() {
    if (end_ - at_ < 4) return -1;
    int code = 0;
    for (int i = 0; i < 4; i++) {
      char c = *at_++;
      int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
      if (digit < 0) return -1;
      code = code * 16 + digit;
    }
    return code;
  }

  static char* utf8(char* to, uint32_t code) {
    if (code < 0x80) {
      *to++ = code;
    } else if (code < 0x800) {
      *to++ = 0xC0 | code >> 6;
      *to++ = 0x80 | (code & 63);
    } else if (code < 0x10000) {
      *to++ = 0xE0 | code >> 12;
      *to++ = 0x80 | (code >> 6 & 63);
      *to++ = 0x80 | (code & 63);
    } else {
      *to++ = 0xF0 | code >> 18;
      *to++ = 0x80 | (code >> 12 & 63);
      *to++ = 0x80 | (code >> 6 & 63);
      *to++ = 0x80 | (code & 63);
    }
    return to;
  }

  bool text(Value& out) {
    const char* start = ++at_;
    while (at_ < end_ && *at_ != '"' && *at_ != '\\' && static_cast<unsigned char>(*at_) >= 0x20) at_++;
    out.kind = Kind::Text;
    if (at_ < end_ && *at_ == '"') {  // nothing to unescape: point into the request itself
      out.text = start;
      out.count = at_ - start;
      at_++;
      return true;
    }
    const char* close = at_;
    while (close < end_ && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= end_) {
      at_ = end_;
      return fail("text without its closing quote");
    }
    // An escape is never shorter than what it stands for.
    char* buffer = static_cast<char*>(arena_.take(close - start));
    char* to = buffer + (at_ - start);
    memcpy(buffer, start, at_ - start);
    while (*at_ != '"') {
      unsigned char c = *at_++;
      if (c < 0x20) return fail("control character inside a text");
      if (c != '\\') {
        *to++ = c;
        continue;
      }
      switch (*at_++) {
        case '"': *to++ = '"'; break;
        case '\\': *to++ = '\\'; break;
        case '/': *to++ = '/'; break;
        case 'b': *to++ = '\b'; break;
        case 'f': *to++ = '\f'; break;
        case 'n': *to++ = '\n'; break;
        case 'r': *to++ = '\r'; break;
        case 't': *to++ = '\t'; break;
        case 'u': {
          int code = hex4();
          if (code < 0) return fail("bad \\u escape");
          if (code >= 0xD800 && code < 0xDC00 && end_ - at_ >= 6 && at_[0] == '\\' && at_[1] == 'u') {
            const char* back = at_;
            at_ += 2;
            int low = hex4();
            if (low < 0) return fail("bad \\u escape");
            if (low >= 0xDC00 && low < 0xE000) {
              code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
            } else {
              at_ = back;
            }
          }
          // Half a surrogate pair has no UTF-8 form.
          if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
          to = utf8(to, code);
          break;
        }
        default: return fail("unknown escape");
      }
    }
    at_++;
    out.text = buffer;
    out.count = to - buffer;
    return true;
  }

  bool digit() const { return at_ < end_ && *at_ >= '0' && *at_ <= '9'; }

  bool number(Value& out) {
    const char* start = at_;
    bool negative = *at_ == '-';
    if (negative) at_++;
    if (!digit()) return fail("expected a value");
    uint64_t mantissa = 0;
    int digits = 0, exponent = 0;
    if (*at_ == '0') {
      at_++;
      if (digit()) return fail("number with a leading zero");
    }
    for (; digit(); at_++, digits++) mantissa = mantissa * 10 + (*at_ - '0');
    if (at_ < end_ && *at_ == '.') {
      at_++;
      if (!digit()) return fail("expected a digit after '.'");
      for (; digit(); at_++, digits++, exponent--) mantissa = mantissa * 10 + (*at_ - '0');
    }
    bool scientific = at_ < end_ && (*at_ | 32) == 'e';
    if (scientific) {
      at_++;
      if (at_ < end_ && (*at_ == '+' || *at_ == '-')) at_++;
      if (!digit()) return fail("expected a digit in the exponent");
      while (digit()) at_++;
    }
    out.kind = Kind::Number;
    if (!scientific && digits <= 15 && exponent >= -22) {
      // Both operands are exact, so one division rounds correctly.
      double value = double(mantissa) / POWERS[-exponent];
      out.number = negative ? -value : value;
    } else {
      std::string copy(start, at_ - start);
      out.number = strtod(copy.c_str(), nullptr);
    }
    return true;
  }

  const char* begin_;
  const char* at_;
  const char* end_;
  Arena& arena_;
  const char* what_ = nullptr;
  std::vector<Value> values_;
  std::vector<Member> members_;
};

}  // namespace

bool parse(const char* text, size_t length, Arena& arena, Value& out, ParseError& error) {
  Parser parser(text, length, arena);
  if (parser.document(out)) return true;
  error = parser.error();
  return false;
}

}  // namespace json
