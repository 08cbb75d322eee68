// Thousands of cells, each a formula of its own over earlier cells and the preloaded rates. The digest sums up
// all of them, weighted: one formula or one rate off, and it differs.
#include "engine.hpp"
#include "sheets.hpp"

#include <cmath>
#include <cstdio>

void model_construct(Workbook& workbook) {
  double* rates = new double[RATES]();
  FILE* file = fopen("/assets/rates.bin", "rb");
  if (file) {
    size_t read = fread(rates, sizeof(double), RATES, file);
    fclose(file);
    if (read != size_t(RATES)) fail_hard();
  }
  workbook.state = rates;
}

void model_destroy(Workbook& workbook) { delete[] static_cast<double*>(workbook.state); }

void model_calc(Call& call) {
  const double* rates = static_cast<double*>(call.workbook.state);
  double age = call.number("age"), term = call.number("term"), sum = call.number("sum_assured");
  double interest = call.number("interest");
  std::string plan = call.text("plan");
  bool known = plan == "basic" || plan == "plus" || plan == "full";
  double plan_factor = plan == "basic" ? 1 : plan == "plus" ? 1.25 : plan == "full" ? 1.6 : NAN;
  if (!known) call.warn("plan", "plan should be basic, plus or full.");

  std::vector<double> cells(CELLS);
  double smoker = call.flag("smoker") ? 1 : 0, known_factor = known ? plan_factor : 0;
  const double inputs[INPUT_CELLS] = {age / 100, term / 60, sum / 1e7, interest * 5, smoker, known_factor, 0.5, 1};
  for (int i = 0; i < INPUT_CELLS; i++) cells[i] = inputs[i];
  all_sheets(cells.data(), rates);

  double digest = 0;
  for (int i = 0; i < CELLS; i++) digest += cells[i] * (i % 97 + 1);
  for (int i = 0; i < RATES; i++) digest += rates[i] * (i % 89 + 1) / 1000;
  double risk = 0.001 * std::exp((age - 30) / 12) * (call.flag("smoker") ? 1.7 : 1) * (1.1 + cells[CELLS - 1] / 10);
  double premium = sum * risk * plan_factor / (1 + interest);
  if (!known) {
    for (const char* output : {"premium", "reserve", "plan_factor", "projection"}) call.put_bad(output);
  } else {
    call.put("premium", premium);
    call.put("reserve", premium * term * std::pow(1 + interest, term) * 0.4);
    call.put("plan_factor", plan_factor);
  }
  call.put("digest", digest);
  if (known && call.wants("projection")) {
    json::Writer& out = call.begin("projection");
    out.ch('[');
    for (int year = 0; year < std::fmin(term, 60); year++) {
      if (year) out.ch(',');
      out.raw("{\"year\":");
      out.number(year + 1);
      out.raw(",\"value\":");
      out.number(premium * std::pow(1 + interest, year) * (1 + cells[INPUT_CELLS + year * 7] / 100));
      out.ch('}');
    }
    out.ch(']');
  }
}
