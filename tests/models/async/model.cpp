// A model that suspends: its host answers `dispatch` whenever it likes. `reply` is the text as it came, `parsed` the
// same as JSON (#VALUE! when it is none), `volume` what the other model computed. Without a dispatch they are null.
#include "engine.hpp"

#include <cmath>
#include <emscripten.h>

// clang-format off
EM_ASYNC_JS(char*, dispatch, (int service, const char* args_json, int args_json_size), {
  const answer = await Module.dispatch(service, args_json, args_json_size);
  const size = lengthBytesUTF8(answer) + 1;
  const copy = _malloc(size);
  stringToUTF8(answer, copy, size);
  return copy;
});
// clang-format on

// One suspended stack is all there is. A call that comes while another waits does not dispatch and answers null, as
// real models do; after a dispatch that never settles, every later call does.
static bool waiting = false;

void model_construct(Workbook&) {}
void model_destroy(Workbook&) {}

static std::string request(const Call& call) {
  json::Writer body;
  body.raw("{\"request_data\":{\"inputs\":{\"radius\":");
  body.number(call.number("radius"));
  body.raw(",\"height\":");
  body.number(call.number("height"));
  body.raw("}},\"request_meta\":{}}");
  size_t length;
  char* text = body.release(length);

  json::Writer out;
  out.raw("{\"folder_name\":");
  out.text(call.text("target_folder"));
  out.raw(",\"service_name\":");
  out.text(call.text("target_service"));
  out.raw(",\"request_body\":");
  out.text(text, length);
  free(text);
  std::string uri = call.text("service_uri");
  if (!uri.empty()) {
    out.raw(",\"service_uri\":");
    out.text(uri);
  }
  double version = call.number("xcall_version");
  if (version > 0) {
    out.raw(",\"xcall_version\":");
    out.number(version);
  }
  out.ch('}');
  text = out.release(length);
  std::string made(text, length);
  free(text);
  return made;
}

static const json::Value* path(const json::Value* from, std::initializer_list<const char*> names) {
  for (const char* name : names) from = from ? from->get(name) : nullptr;
  return from;
}

static void put_value(Call& call, const char* output, const json::Value* value) {
  if (!call.wants(output)) return;
  if (value) {
    call.begin(output).value(*value);
  } else {
    call.put_bad(output);
  }
}

void model_calc(Call& call) {
  std::string asked = request(call), reply;
  bool answered = false;
  int dispatched = 0;
  std::vector<void*> held;
  double times = call.flag("dispatch") ? call.number("times") : 0;
  for (; dispatched < times && !waiting; dispatched++) {
    size_t bytes = size_t(call.number("grow_mb") * (1 << 20));
    if (bytes) held.push_back(malloc(bytes));
    waiting = true;
    char* text = dispatch(int(call.number("call_type")), asked.data(), int(asked.size()));
    waiting = false;
    answered = text != nullptr;
    reply = text ? text : "";
    free(text);
  }
  for (void* block : held) free(block);

  double radius = call.number("radius");
  call.put("dispatched", double(dispatched));
  call.put("request", asked);
  call.put("own_volume", M_PI * radius * radius * call.number("height"));
  json::Value nothing, parsed;
  json::ParseError error;
  if (!answered) {
    put_value(call, "reply", &nothing);
    put_value(call, "parsed", &nothing);
    put_value(call, "volume", &nothing);
    return;
  }
  bool ok = json::parse(reply.data(), reply.size(), call.arena(), parsed, error);
  const json::Value* data = path(&parsed, {"data"});
  call.put("reply", reply);
  put_value(call, "parsed", ok ? &parsed : nullptr);
  put_value(call, "volume", path(data ? data : &parsed, {"response_data", "outputs", "volume"}));
}
