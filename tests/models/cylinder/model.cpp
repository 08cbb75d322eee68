// Volume and surface of a cylinder. Pi comes from the preloaded file: a host that does not deliver it gets wrong
// numbers, one that delivers half of it cannot construct the model.
#include "engine.hpp"

#include <cstdio>

static double factor(const char* name) {
  FILE* file = fopen("/assets/factors.txt", "rb");
  if (!file) return 1;
  char line[256];
  bool ours = fgets(line, sizeof line, file) && strncmp(line, "factors 1", 9) == 0;
  bool complete = false;
  double found = 1;
  size_t length = strlen(name);
  while (ours && fgets(line, sizeof line, file)) {
    if (strncmp(line, "end", 3) == 0) complete = true;
    if (strncmp(line, name, length) == 0 && line[length] == ' ') found = strtod(line + length + 1, nullptr);
  }
  fclose(file);
  if (ours && !complete) fail_hard();
  return found;
}

void model_construct(Workbook& workbook) { workbook.state = new double(factor("pi")); }

void model_destroy(Workbook& workbook) { delete static_cast<double*>(workbook.state); }

void model_calc(Call& call) {
  double pi = *static_cast<double*>(call.workbook.state);
  double radius = call.number("radius"), height = call.number("height");
  call.put("volume", pi * radius * radius * height);
  call.put("area", 2 * pi * radius * (radius + height));
}
