// Takes memory on demand, a megabyte at a time, and keeps it. What `new` cannot get ends the engine, as in real ones.
#include "engine.hpp"

#include <vector>

static const size_t MB = 1 << 20;

void model_construct(Workbook& workbook) { workbook.state = new std::vector<char*>(); }

void model_destroy(Workbook& workbook) {
  auto* kept = static_cast<std::vector<char*>*>(workbook.state);
  for (char* block : *kept) delete[] block;
  delete kept;
}

void model_calc(Call& call) {
  auto& kept = *static_cast<std::vector<char*>*>(call.workbook.state);
  size_t before = kept.size();
  for (double more = call.number("grow_mb"); more >= 1; more--) {
    // A byte is enough to have the block; the machine need not have all of it.
    kept.push_back(new char[MB]);
    *static_cast<volatile char*>(kept.back()) = 1;
  }
  if (!call.flag("keep")) {
    for (; kept.size() > before; kept.pop_back()) delete[] kept.back();
  }
  call.put("tag", call.text("tag"));
  call.put("kept_mb", double(kept.size()));
  call.put("calls", double(call.workbook.calls));
}
