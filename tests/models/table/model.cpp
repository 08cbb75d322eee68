// `rows` come back with one more column, their total; `generated` holds as many made-up rows as asked for, about 100
// bytes each. Both as objects, or as arrays under a row of headers where array_outputs says so.
#include "engine.hpp"

#include <cmath>
#include <cstdio>

using json::Kind;
using json::Value;

void model_construct(Workbook&) {}
void model_destroy(Workbook&) {}

struct Table {
  std::vector<Value> headers;
  std::vector<std::vector<const Value*>> rows;  // null where a row lacks the column

  int column(const Value& name) {
    for (size_t i = 0; i < headers.size(); i++) {
      if (json::same_text(headers[i].text, headers[i].count, name.text, name.count, false)) return int(i);
    }
    headers.push_back(name);
    return int(headers.size() - 1);
  }
};

static Table read(const Value& rows) {
  Table table;
  if (!rows.is(Kind::Array)) return table;
  bool columnar = rows.count && rows.items[0].is(Kind::Array);
  if (columnar) {
    const Value& headers = rows.items[0];
    for (uint32_t i = 0; i < headers.count; i++) table.column(headers.items[i]);
  }
  for (uint32_t r = columnar; r < rows.count; r++) {
    const Value& row = rows.items[r];
    std::vector<const Value*> cells(table.headers.size());
    if (row.is(Kind::Object)) {
      for (uint32_t m = 0; m < row.count; m++) {
        size_t column = table.column(row.members[m].key);
        if (column >= cells.size()) cells.resize(column + 1);
        cells[column] = &row.members[m].value;
      }
    } else if (row.is(Kind::Array)) {
      for (uint32_t i = 0; i < row.count && i < cells.size(); i++) cells[i] = &row.items[i];
    }
    table.rows.push_back(cells);
  }
  return table;
}

static double cell(const Table& table, size_t row, const char* name) {
  for (size_t i = 0; i < table.rows[row].size(); i++) {
    const Value& header = table.headers[i];
    if (!json::same_text(header.text, header.count, name, strlen(name), true)) continue;
    const Value* value = table.rows[row][i];
    return value && value->is(Kind::Number) ? value->number : 0;
  }
  return 0;
}

static void put_rows(Call& call, const Table& table, const std::vector<double>& totals) {
  bool arrays = call.as_arrays("rows");
  json::Writer& out = call.begin("rows");
  out.ch('[');
  if (arrays) {
    out.ch('[');
    for (const Value& header : table.headers) {
      out.value(header);
      out.ch(',');
    }
    out.raw("\"total\"]");
  }
  for (size_t r = 0; r < table.rows.size(); r++) {
    if (r || arrays) out.ch(',');
    out.ch(arrays ? '[' : '{');
    for (size_t c = 0; c < (arrays ? table.headers.size() : table.rows[r].size()); c++) {
      const Value* value = c < table.rows[r].size() ? table.rows[r][c] : nullptr;
      if (!arrays) {
        if (!value) continue;
        out.value(table.headers[c]);
        out.ch(':');
      }
      if (value) {
        out.value(*value);
      } else {
        out.null();
      }
      out.ch(',');
    }
    if (!arrays) out.raw("\"total\":");
    out.number(totals[r]);
    out.ch(arrays ? ']' : '}');
  }
  out.ch(']');
}

static void put_generated(Call& call, double count) {
  static const char* const CITIES[] = {"Zürich", "São Paulo", "東京", "Łódź", "Αθήνα", "Springfield 🏠"};
  bool arrays = call.as_arrays("generated");
  json::Writer& out = call.begin("generated");
  uint32_t seed = 12345;
  out.ch('[');
  if (arrays) out.raw("[\"index\",\"city\",\"amount\",\"active\",\"remark\"]");
  for (double i = 0; i < count; i++) {
    seed = seed * 1664525u + 1013904223u;
    char remark[40];
    snprintf(remark, sizeof remark, "row %08x \"quoted\" \\ line\n", unsigned(seed));
    if (i || arrays) out.ch(',');
    out.raw(arrays ? "[" : "{\"index\":");
    out.number(i);
    out.raw(arrays ? "," : ",\"city\":");
    out.text(CITIES[(seed >> 16) % 6]);
    out.raw(arrays ? "," : ",\"amount\":");
    out.number((seed >> 8) / 100.0);
    out.raw(arrays ? "," : ",\"active\":");
    out.boolean(seed >> 31);
    out.raw(arrays ? "," : ",\"remark\":");
    out.text(remark);
    out.ch(arrays ? ']' : '}');
  }
  out.ch(']');
}

void model_calc(Call& call) {
  double factor = call.number("factor"), count = call.number("generate");
  call.put("note", call.text("note"));
  if (call.bad("rows")) {
    for (const char* output : {"row_count", "total", "rows"}) call.put_bad(output);
  } else {
    Table table = read(call.value("rows"));
    std::vector<double> totals;
    double total = 0;
    for (size_t r = 0; r < table.rows.size(); r++) {
      totals.push_back(cell(table, r, "price") * cell(table, r, "quantity") * factor);
      total += totals.back();
    }
    call.put("row_count", double(table.rows.size()));
    call.put("total", total);
    if (call.wants("rows")) put_rows(call, table, totals);
  }
  if (call.bad("generate")) {
    call.put_bad("generated");
  } else if (call.wants("generated")) {
    put_generated(call, count);
  }
}
