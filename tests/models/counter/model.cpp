// State that outlives a call: `instance` is drawn when the workbook is constructed, `calls` counts every call of it
// (bad requests too), `total` adds up `step`.
#include "engine.hpp"

#include <cmath>
#include <cstdio>
#include <emscripten.h>

struct State {
  std::string instance;
  double total = 0;
};

void model_construct(Workbook& workbook) {
  State* state = new State;
  for (int i = 0; i < 4; i++) {
    char part[8];
    snprintf(part, sizeof part, "%04x", unsigned(emscripten_random() * 65536) & 0xffff);
    state->instance += part;
  }
  workbook.state = state;
}

void model_destroy(Workbook& workbook) { delete static_cast<State*>(workbook.state); }

void model_calc(Call& call) {
  State& state = *static_cast<State*>(call.workbook.state);
  double step = call.number("step");
  if (!std::isnan(step)) state.total += step;
  call.put("instance", state.instance);
  call.put("calls", double(call.workbook.calls));
  call.put("total", state.total);
  call.put("tag", call.text("tag"));
}
