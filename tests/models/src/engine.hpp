// The calling convention that every test model shares: `construct`, `destroy`, `is_async` and `node_calc_v3` as the
// host calls them, with the request and the response as JSON text. A model supplies its declarations (MODEL, which the
// build writes from model.json) and the three functions at the end of this file.
#pragma once

#include "json.hpp"

#include <string>
#include <vector>

enum class Type : uint8_t { Number, Text, Bool, Table, Any };

struct InputDef {
  const char* name;
  Type type;
  const char* default_json;
};

struct ModelDef {
  const char* compiler_version;
  bool is_async;
  const InputDef* inputs;
  size_t input_count;
  const char* validations_json;  // what `dynamic_validation` answers
};

extern const ModelDef MODEL;

struct Workbook {
  uint32_t calls = 0;
  void* state = nullptr;
};

struct Input {
  json::Value value;
  bool bad = false;  // of a type the cell cannot take: whatever depends on it is #VALUE!
};

// Leaves the engine as an uncaught C++ exception, which reaches JavaScript as a bare number.
[[noreturn]] void fail_hard();

class Call {
 public:
  Call(Workbook& workbook) : workbook(workbook) {}
  char* run(const char* request, size_t length, size_t& reply_length);

  Workbook& workbook;

  // Inputs by their declared name. A bad one reads as NaN, "" or false; ask `bad` where that would not show.
  const Input& input(const char* name) const;
  bool bad(const char* name) const { return input(name).bad; }
  double number(const char* name) const;
  bool flag(const char* name) const;
  std::string text(const char* name) const { return input(name).value.str(); }
  const json::Value& value(const char* name) const { return input(name).value; }
  json::Arena& arena() { return arena_; }

  // Whether the caller asked for this output (everybody asks for everything unless requested_output says otherwise).
  bool wants(const char* output) const;
  // Whether the caller wants this table as arrays of cells rather than as objects.
  bool as_arrays(const char* output) const;
  // Starts an output; the model then writes exactly one JSON value.
  json::Writer& begin(const char* output);
  void put(const char* output, double value);
  void put(const char* output, const std::string& value);
  void put(const char* output, bool value);
  void put_bad(const char* output);
  void warn(const std::string& source_path, const std::string& message);
  // Answers with these bytes instead of a response.
  void reply(const void* bytes, size_t length);
  // The same, claiming whatever length; no text gives a null pointer.
  void reply_at(const char* text, size_t claimed_length);

 private:
  void bind(const json::Value* inputs, bool silent);
  void error(const char* category, const char* type, const std::string& source_path, const std::string& message);
  void response(const json::Value& root, const char* status);
  void meta(const json::Value* meta);
#ifdef COLUMNS
  // A v4 request: all its rows, in one answer.
  void columns(const json::Value& root);

  bool in_columns_ = false;
  std::vector<std::string>* names_ = nullptr;
#endif

  json::Arena arena_;
  std::vector<Input> inputs_;
  std::vector<std::string> wanted_;
  std::vector<bool> answered_;
  const json::Value* array_outputs_ = nullptr;
  bool any_bad_ = false;
  bool raw_reply_ = false;
  bool lies_ = false;
  size_t claimed_length_ = 0;
  uint32_t output_count_ = 0;
  json::Writer outputs_, warnings_, errors_, reply_;
};

void model_construct(Workbook& workbook);
void model_destroy(Workbook& workbook);
void model_calc(Call& call);
