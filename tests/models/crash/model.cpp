// Every way in which an engine can let its host down.
#include "engine.hpp"

#include <cstdio>
#include <stdexcept>

void model_construct(Workbook&) {}
void model_destroy(Workbook&) {}

static void text_reply(Call& call, const char* text) { call.reply(text, strlen(text)); }

// Recursion that the optimiser can neither bound nor flatten; it keeps clear of the C++ stack, so that the host's own
// stack is what overflows.
static volatile int one = 1;

__attribute__((noinline)) static int descend(int depth) {
  int step = one;
  return descend(depth + step) * depth + step;
}

static void fail(Call& call, const std::string& mode) {
  if (mode == "trap") __builtin_trap();
  if (mode == "divide") {
    volatile int zero = 0;
    volatile int quotient = 7 / zero;
    (void)quotient;
  }
  if (mode == "overflow") {
    volatile double big = 1e300;
    volatile int whole = __builtin_wasm_trunc_s_i32_f64(big);
    (void)whole;
  }
  if (mode == "deep_recursion") call.put("value", double(descend(1)));
  if (mode == "abort") abort();
  if (mode == "exit") exit(3);
  if (mode == "throw") throw 42;
  if (mode == "throw_text") throw std::runtime_error("thrown on demand");
  if (mode == "out_of_memory") {
    // Grows the memory to its limit (the build allows 64 MB), then fails as `new` does.
    for (;;) {
      char* block = new char[1 << 20];
      *static_cast<volatile char*>(block) = 1;
    }
  }
  if (mode == "print") {
    for (int line = 0; line < 1000; line++) printf("line %d of the model's own chatter\n", line);
    fprintf(stderr, "a last word on stderr\n");
  }
  if (mode == "invalid_utf8") {
    text_reply(call, "{\"response_data\":{\"outputs\":{\"value\":\"\xff\xc3(\xed\xa0\x80\"}},\"response_meta\":{}}");
  }
  if (mode == "invalid_json") text_reply(call, "{\"response_data\": {outputs: [1, 2}");
  if (mode == "truncated_json") text_reply(call, "{\"response_data\":{\"outputs\":{\"value\":1");
  if (mode == "not_an_object") text_reply(call, "42");
  if (mode == "empty") text_reply(call, "");
  if (mode == "null_pointer") call.reply_at(nullptr, 0);
  if (mode == "negative_length") call.reply_at("x", uint32_t(-1));
  if (mode == "huge_length") call.reply_at("x", 0x7fffffff);
  if (mode == "proto") {
    text_reply(call,
               "{\"response_data\":{\"outputs\":{\"__proto__\":{\"polluted\":true},\"constructor\":1,\"value\":2},"
               "\"warnings\":null,\"errors\":null,\"service_chain\":null},"
               "\"response_meta\":{\"system\":\"SPARK\",\"process_time\":0}}");
  }
}

void model_calc(Call& call) {
  std::string mode = call.text("mode");
  fail(call, mode);
  call.put("value", call.number("value"));
  call.put("mode", mode);
}
