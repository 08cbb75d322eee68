// Calls other services as its input says, word for word, and shows what came back: `replies` are the texts as they
// came; `parsed` the same as JSON (null where they are none), `statuses`, `failures` and `results` (the other model's
// outputs) what each of the two forms of a reply says there. A name that is null is left out of the call.
#include "engine.hpp"

#include <cstring>
#include <emscripten.h>

using json::Kind;
using json::Value;
using json::Writer;

// clang-format off
EM_ASYNC_JS(char*, dispatch, (int service, const char* args_json, int args_json_size), {
  const answer = await Module.dispatch(service, args_json, args_json_size);
  const size = lengthBytesUTF8(answer) + 1;
  const copy = _malloc(size);
  stringToUTF8(answer, copy, size);
  return copy;
});
// clang-format on

// As in real models, a call that comes while another waits does not dispatch and answers null.
static bool waiting = false;

void model_construct(Workbook&) {}
void model_destroy(Workbook&) {}

static std::string taken(Writer& from) {
  size_t length;
  char* text = from.release(length);
  std::string made(text ? text : "", length);
  free(text);
  return made;
}

static void member(Writer& out, const char* name, const Value& value) {
  if (out.size() > 1) out.ch(',');
  out.text(name, strlen(name));
  out.ch(':');
  out.value(value);
}

// The route as the next level gets it: the first service comes last.
static void rotated(Writer& out, const Value& route) {
  out.ch('[');
  for (uint32_t i = 0; i < route.count; i++) {
    if (i) out.ch(',');
    out.value(route.items[(i + 1) % route.count]);
  }
  out.ch(']');
}

// Texts inside texts would grow with every level; of a chain only these come back from below.
#define SHORT "{\"requested_output\":[\"dispatched\",\"statuses\",\"failures\",\"results\",\"tag\"]}"

// A request with the inputs of this very call, one level less.
static std::string own_request(const Call& call, double levels) {
  Writer inputs;
  inputs.ch('{');
  const Value& route = call.value("route");
  for (size_t i = 0; i < MODEL.input_count; i++) {
    const char* name = MODEL.inputs[i].name;
    Value value = call.value(name);
    if (!strcmp(name, "levels") && levels > 0) value.number = levels - 1;
    if (!strcmp(name, "route") && route.is(Kind::Array)) {
      inputs.raw(",\"route\":");
      rotated(inputs, route);
    } else {
      member(inputs, name, value);
    }
  }
  inputs.ch('}');
  return "{\"request_data\":{\"inputs\":" + taken(inputs) + "},\"request_meta\":" SHORT "}";
}

// What one call says of itself, or else what all have in common.
static const Value& said(const Call& call, const Value* one, const char* name) {
  const Value* own = one ? one->get(name) : nullptr;
  return own ? *own : call.value(name);
}

static std::string request(const Call& call, const Value* one) {
  static const char* const NAMES[] = {"folder_name", "service_name", "service_uri", "xcall_version", "request_body"};
  double levels = call.number("levels");
  const Value& route = call.value("route");
  Writer out;
  out.ch('{');
  for (const char* name : NAMES) {
    if (!strcmp(name, "request_body") && levels != -1) {
      std::string body = own_request(call, levels);
      out.raw(",\"request_body\":");
      out.text(body);
      continue;
    }
    bool routed = !strcmp(name, "service_name") && route.is(Kind::Array) && route.count;
    const Value& value = routed ? route.items[0] : said(call, one, name);
    if (!value.is(Kind::Null)) member(out, name, value);
  }
  const Value& extra = said(call, one, "extra");
  if (extra.is(Kind::Object)) {
    for (uint32_t i = 0; i < extra.count; i++) {
      member(out, extra.members[i].key.str().c_str(), extra.members[i].value);
    }
  }
  out.ch('}');
  return taken(out);
}

static const Value* path(const Value* from, std::initializer_list<const char*> names) {
  for (const char* name : names) from = from ? from->get(name) : nullptr;
  return from;
}

static void add(Writer& list, const Value* value) {
  if (list.size()) list.ch(',');
  if (value) {
    list.value(*value);
  } else {
    list.null();
  }
}

static void add(Writer& list, const std::string& text) {
  if (list.size()) list.ch(',');
  list.text(text);
}

static void put_list(Call& call, const char* output, const Writer& items) {
  if (!call.wants(output)) return;
  Writer& out = call.begin(output);
  out.ch('[');
  if (items.size()) out.raw(items);
  out.ch(']');
}

void model_calc(Call& call) {
  Writer requests, replies, parsed, statuses, failures, results;
  const Value& calls = call.value("calls");
  bool listed = calls.is(Kind::Array);
  double times = listed ? calls.count : call.number("times");
  if (call.number("levels") == 0) times = 0;
  int dispatched = 0;
  for (; dispatched < times && !waiting; dispatched++) {
    const Value* one = listed ? &calls.items[dispatched] : nullptr;
    const Value& type = said(call, one, "call_type");
    std::string asked = request(call, one);
    waiting = true;
    char* text = dispatch(type.is(Kind::Number) ? int(type.number) : 0, asked.data(), int(asked.size()));
    waiting = false;
    std::string reply = text ? text : "";
    free(text);

    Value answer;
    json::ParseError error;
    bool ok = json::parse(reply.data(), reply.size(), call.arena(), answer, error);
    const Value* first = ok ? path(&answer, {"metadata"}) : nullptr;
    const Value* later = ok ? path(&answer, {"xcall_meta"}) : nullptr;
    const Value* child = first ? path(&answer, {"data"}) : ok ? &answer : nullptr;
    add(requests, asked);
    add(replies, reply);
    add(parsed, ok ? &answer : nullptr);
    add(statuses, first ? path(first, {"status"}) : path(later, {"http_status_code"}));
    add(failures, first ? path(first, {"error_code"}) : path(later, {"error_details"}));
    add(results, path(child, {"response_data", "outputs"}));
  }
  call.put("dispatched", double(dispatched));
  put_list(call, "requests", requests);
  put_list(call, "replies", replies);
  put_list(call, "parsed", parsed);
  put_list(call, "statuses", statuses);
  put_list(call, "failures", failures);
  put_list(call, "results", results);
  if (call.wants("tag")) call.begin("tag").value(call.value("tag"));
}
