// Computes for `ms` milliseconds by the clock. The digest does not depend on how far it got, so answers compare.
#include "engine.hpp"

#include <emscripten.h>

void model_construct(Workbook&) {}
void model_destroy(Workbook&) {}

static uint32_t churn(uint32_t seed, int rounds) {
  for (int i = 0; i < rounds; i++) {
    seed ^= seed << 13;
    seed ^= seed >> 17;
    seed ^= seed << 5;
  }
  return seed;
}

void model_calc(Call& call) {
  double ms = call.number("ms");
  double until = emscripten_get_now() + ms;
  volatile uint32_t sink = 1;
  while (emscripten_get_now() < until) sink = churn(sink, 10000);
  std::string tag = call.text("tag");
  call.put("tag", tag);
  call.put("requested_ms", ms);
  if (call.bad("ms")) {
    call.put_bad("digest");
  } else {
    call.put("digest", double(churn(2463534242u ^ uint32_t(tag.size()), 1000)));
  }
}
