#include "engine.hpp"

#include <cmath>
#include <emscripten.h>

using json::Kind;
using json::Value;

void fail_hard() { throw 1; }

static bool same_name(const std::string& a, const char* b) {
  return json::same_text(a.data(), a.size(), b, strlen(b), true);
}

static const Value* member(const Value* of, const char* name) { return of ? of->get(name) : nullptr; }

static bool given(const Value* value) { return value && !value->is(Kind::Null); }

const Input& Call::input(const char* name) const {
  for (size_t i = 0; i < MODEL.input_count; i++) {
    if (strcmp(MODEL.inputs[i].name, name) == 0) return inputs_[i];
  }
  abort();  // the model asks for what it never declared
}

double Call::number(const char* name) const {
  const Input& in = input(name);
  if (in.bad) return NAN;
  if (in.value.is(Kind::Number)) return in.value.number;
  return in.value.is(Kind::True) ? 1 : 0;
}

bool Call::flag(const char* name) const {
  const Input& in = input(name);
  return !in.bad && (in.value.is(Kind::True) || (in.value.is(Kind::Number) && in.value.number != 0));
}

bool Call::wants(const char* output) const {
  if (wanted_.empty()) return true;
  for (const std::string& name : wanted_) {
    if (same_name(name, output)) return true;
  }
  return false;
}

bool Call::as_arrays(const char* output) const {
  if (!array_outputs_ || !array_outputs_->is(Kind::Text)) return false;
  std::string list = array_outputs_->str() + ",";
  for (size_t from = 0, to; (to = list.find(',', from)) != std::string::npos; from = to + 1) {
    std::string name = list.substr(from, to - from);
    if (name == "*" || same_name(name, output)) return true;
  }
  return false;
}

json::Writer& Call::begin(const char* output) {
  for (size_t i = 0; i < wanted_.size(); i++) {
    if (same_name(wanted_[i], output)) answered_[i] = true;
  }
  if (output_count_++) outputs_.ch(',');
#ifdef COLUMNS
  if (in_columns_) {
    if (names_) names_->push_back(output);
    return outputs_;
  }
#endif
  outputs_.text(output, strlen(output));
  outputs_.ch(':');
  return outputs_;
}

void Call::put(const char* output, double value) {
  if (!wants(output)) return;
  if (std::isnan(value) && any_bad_) return put_bad(output);
  begin(output).number(value);
}

void Call::put(const char* output, const std::string& value) {
  if (wants(output)) begin(output).text(value);
}

void Call::put(const char* output, bool value) {
  if (wants(output)) begin(output).boolean(value);
}

void Call::put_bad(const char* output) {
  if (wants(output)) begin(output).raw("\"#VALUE!\"");
}

void Call::reply(const void* bytes, size_t length) {
  raw_reply_ = true;
  reply_.raw(static_cast<const char*>(bytes), length);
}

void Call::reply_at(const char* text, size_t claimed_length) {
  if (text) {
    reply(text, strlen(text));
  } else {
    raw_reply_ = true;
  }
  lies_ = true;
  claimed_length_ = claimed_length;
}

void Call::warn(const std::string& source_path, const std::string& message) {
  if (warnings_.size()) warnings_.ch(',');
  warnings_.raw("{\"source_path\":");
  warnings_.text(source_path);
  warnings_.raw(",\"message\":");
  warnings_.text(message);
  warnings_.ch('}');
}

void Call::error(const char* category, const char* type, const std::string& source_path, const std::string& message) {
  if (errors_.size()) errors_.ch(',');
  errors_.raw("{\"error_category\":");
  errors_.text(category);
  errors_.raw(",\"error_type\":");
  errors_.text(type);
  errors_.raw(",\"additional_details\":null,\"source_path\":");
  errors_.text(source_path);
  errors_.raw(",\"message\":");
  errors_.text(message);
  errors_.ch('}');
}

static bool fits(Type type, const Value& value) {
  switch (type) {
    case Type::Number:
    case Type::Bool: return value.is(Kind::Number) || value.is_bool();
    case Type::Text: return value.is(Kind::Text);
    case Type::Table: return value.is(Kind::Array);
    case Type::Any: return true;
  }
  return false;
}

static const char* type_name(Type type) {
  static const char* const NAMES[] = {"a number", "a text", "true or false", "a table", "any value"};
  return NAMES[int(type)];
}

// `silent`: inputs came as an array, which the engine takes for none at all and says nothing.
void Call::bind(const Value* inputs, bool silent) {
  inputs_.resize(MODEL.input_count);
  for (size_t i = 0; i < MODEL.input_count; i++) {
    const InputDef& def = MODEL.inputs[i];
    Input& in = inputs_[i];
    const Value* value = nullptr;
    if (inputs && inputs->is(Kind::Object)) {
      for (uint32_t m = 0; m < inputs->count; m++) {
        const json::Member& entry = inputs->members[m];
        if (json::same_text(entry.key.text, entry.key.count, def.name, strlen(def.name), true)) value = &entry.value;
      }
    }
    if (!given(value)) {
      json::ParseError ignored;
      json::parse(def.default_json, strlen(def.default_json), arena_, in.value, ignored);
      if (!silent) warn("Default Values", std::string(def.name) + " was not given: its default value was used.");
      continue;
    }
    in.value = *value;
    if (value->is(Kind::Text) && value->count == 0 && def.type != Type::Any) {
      warn(def.name, std::string(def.name) + " is an empty text.");
    }
    if (!fits(def.type, *value)) {
      in.bad = any_bad_ = true;
      warn(def.name, std::string(def.name) + " should be " + type_name(def.type) + ".");
    }
  }
}

// What the caller may send along and finds again in the response.
static const char* const ECHOED[] = {
    "service_id",    "version_id",        "version",          "correlation_id",      "call_id",
    "source_hash",   "request_timestamp", "service_category", "validation_type",     "allow_range_address",
    "array_outputs", "response_data_inputs"};

void Call::meta(const Value* meta) {
  reply_.raw("\"response_meta\":{");
  for (const char* name : ECHOED) {
    const Value* value = member(meta, name);
    if (!value) continue;
    reply_.text(name, strlen(name));
    reply_.ch(':');
    reply_.value(*value);
    reply_.ch(',');
  }
  // A measured time would make no two answers equal, and models have none to spare: it is always 0.
  reply_.raw("\"system\":\"SPARK\",\"compiler_type\":\"Neuron\",\"compiler_version\":");
  reply_.text(MODEL.compiler_version);
  reply_.raw(",\"process_time\":0}");
}

static void list(json::Writer& to, const char* name, const json::Writer& entries) {
  to.raw(name);
  if (!entries.size()) return to.null();
  to.ch('[');
  to.raw(entries);
  to.ch(']');
}

void Call::response(const Value& root, const char* status) {
  reply_.ch('{');
  if (status) {
    reply_.raw("\"status\":");
    reply_.text(status);
    reply_.ch(',');
  }
  reply_.raw("\"response_data\":{\"outputs\":{");
  reply_.raw(outputs_);
  list(reply_, "},\"warnings\":", warnings_);
  list(reply_, ",\"errors\":", errors_);
  reply_.raw(",\"service_chain\":null");
  const Value* echo = member(root.get("request_meta"), "response_data_inputs");
  if (echo && echo->is(Kind::True)) {
    reply_.raw(",\"inputs\":{");
    for (size_t i = 0; i < inputs_.size(); i++) {
      if (i) reply_.ch(',');
      reply_.text(MODEL.inputs[i].name, strlen(MODEL.inputs[i].name));
      reply_.ch(':');
      reply_.value(inputs_[i].value);
    }
    reply_.ch('}');
  }
  reply_.raw("},");
  meta(root.get("request_meta"));
  reply_.ch('}');
}

#ifdef COLUMNS
#include "columns.hpp"
#endif

char* Call::run(const char* request, size_t length, size_t& reply_length) {
  workbook.calls++;
  Value root;
  json::ParseError bad;
  if (!json::parse(request, length, arena_, root, bad)) {
    error("bad_request", "error.jsonMeta", "",
          std::string("The request is not JSON: ") + bad.what + " at byte " + std::to_string(bad.offset) + ".");
    response(root, nullptr);
    return reply_.release(reply_length);
  }
  if (!root.is(Kind::Object)) fail_hard();
#ifdef COLUMNS
  if (root.get("inputs") && !root.get("request_data")) {
    columns(root);
    return reply_.release(reply_length);
  }
#endif
  const Value* meta = root.get("request_meta");
  const Value* category = member(meta, "service_category");
  if (given(category) && !category->is(Kind::Text)) fail_hard();
  const Value* rows = root.get("inputs");
  if (rows && rows->is(Kind::Array) && rows->count && rows->items[0].is(Kind::Object)) fail_hard();

  std::string api = member(member(meta, "__api_meta"), "api") ? meta->get("__api_meta")->get("api")->str() : "";
  if (api == "formstate") fail_hard();
  if (api == "formstate_v3") {
    error("bad_request", "error.VALIDATION", "", "The model has no form.");
    response(root, "Error");
    return reply_.release(reply_length);
  }
  if (api == "dynamic_validation") {
    // The text is an object; its members become the outputs.
    outputs_.raw(MODEL.validations_json + 1, strlen(MODEL.validations_json) - 2);
    response(root, "Success");
    return reply_.release(reply_length);
  }

  const Value* inputs = member(root.get("request_data"), "inputs");
  bool is_array = inputs && inputs->is(Kind::Array);
  if (!is_array && !(inputs && inputs->is(Kind::Object))) {
    error("bad_request", "error.VALIDATION", "request_data.inputs", "The request has no object request_data.inputs.");
  }
  bind(inputs, is_array || !inputs);

  const Value* wanted = member(meta, "requested_output");
  if (given(wanted) && given(member(meta, "requested_output_regex"))) {
    error("bad_request", "error.VALIDATION", "request_meta.requested_output_regex",
          "requested_output and requested_output_regex exclude each other.");
  }
  if (given(wanted) && !wanted->is(Kind::Array)) {
    error("bad_request", "error.VALIDATION", "request_meta.requested_output", "requested_output should be an array.");
  } else if (given(wanted)) {
    for (uint32_t i = 0; i < wanted->count; i++) wanted_.push_back(wanted->items[i].str());
    answered_.resize(wanted_.size());
  }
  array_outputs_ = member(meta, "array_outputs");

  model_calc(*this);
  if (raw_reply_) {
    char* reply = reply_.release(reply_length);
    if (lies_) {
      reply_length = claimed_length_;
    } else if (!reply) {
      reply = static_cast<char*>(calloc(1, 1));  // nothing to say, but at a valid address
    }
    return reply;
  }

  for (size_t i = 0; i < wanted_.size(); i++) {
    if (!answered_[i]) begin(wanted_[i].c_str()).null();
  }
  response(root, nullptr);
  return reply_.release(reply_length);
}

extern "C" {

EMSCRIPTEN_KEEPALIVE Workbook* construct() {
  Workbook* workbook = new Workbook;
  model_construct(*workbook);
  return workbook;
}

EMSCRIPTEN_KEEPALIVE void destroy(Workbook* workbook) {
  model_destroy(*workbook);
  delete workbook;
}

EMSCRIPTEN_KEEPALIVE int is_async(Workbook*) { return MODEL.is_async; }

// `out_length` is eight bytes of the caller's, of which the first four are meant.
EMSCRIPTEN_KEEPALIVE char* node_calc_v3(Workbook* workbook, const char* request, size_t length, uint32_t* out_length) {
  Call* call = new Call(*workbook);
  size_t reply_length = 0;
  char* reply = call->run(request, length, reply_length);
  delete call;
  *out_length = reply_length;
  return reply;
}
}
