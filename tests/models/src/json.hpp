// A small JSON reader and writer. The reader builds a tree inside an arena, so that a request of many megabytes costs
// a handful of allocations; the writer appends to one malloc'ed buffer, which is handed to the host as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

namespace json {

enum class Kind : uint8_t { Null, False, True, Number, Text, Array, Object };

struct Member;

struct Value {
  Kind kind = Kind::Null;
  uint32_t count = 0;  // bytes of a text, items of an array, members of an object
  union {
    double number;
    const char* text;
    Value* items;
    Member* members;
  };
  Value() : number(0) {}

  bool is(Kind wanted) const { return kind == wanted; }
  bool is_bool() const { return kind == Kind::True || kind == Kind::False; }
  std::string str() const { return kind == Kind::Text ? std::string(text, count) : std::string(); }
  // The last member of that name, as JavaScript's own parser would keep.
  const Value* get(const char* name) const;
};

struct Member {
  Value key;
  Value value;
};

bool same_text(const char* a, size_t a_len, const char* b, size_t b_len, bool ignore_case);

// Memory that is given back all at once.
class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  ~Arena();
  void* take(size_t bytes);

 private:
  struct Block {
    Block* next;
  };
  Block* blocks_ = nullptr;
  char* at_ = nullptr;
  size_t left_ = 0;
};

struct ParseError {
  const char* what = nullptr;
  size_t offset = 0;
};

// False on malformed text, with the reason in `error`.
bool parse(const char* text, size_t length, Arena& arena, Value& out, ParseError& error);

class Writer {
 public:
  ~Writer() { free(data_); }
  void raw(const char* bytes, size_t length) {
    if (length > capacity_ - size_) grow(length);
    memcpy(data_ + size_, bytes, length);
    size_ += length;
  }
  void raw(const char* text) { raw(text, strlen(text)); }
  void raw(const Writer& other) { raw(other.data_, other.size_); }
  void ch(char c) {
    if (size_ == capacity_) grow(1);
    data_[size_++] = c;
  }
  void text(const char* bytes, size_t length);
  void text(const std::string& value) { text(value.data(), value.size()); }
  // Infinity and NaN have no JSON form and become null.
  void number(double value);
  void boolean(bool value) { raw(value ? "true" : "false"); }
  void null() { raw("null", 4); }
  void value(const Value& value);
  size_t size() const { return size_; }
  void clear() { size_ = 0; }
  // The buffer now belongs to the caller, who frees it.
  char* release(size_t& size);

 private:
  void grow(size_t by);
  char* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

}  // namespace json
