// A part of engine.cpp in packages that are built with -DCOLUMNS: v4 requests, `{"inputs": [[names], [row], …]}`, all rows in
// one answer in the same form.
#pragma once

// What the caller may send along, flat here, and finds again in the answer.
static const char* const ECHOED_FLAT[] = {"service_id", "version_id", "correlation_id", "request_timestamp"};

void Call::columns(const Value& root) {
  const Value& table = *root.get("inputs");
  bool has_rows = table.is(Kind::Array) && table.count > 1 && table.items[0].is(Kind::Array);
  if (table.is(Kind::Array) && table.count && table.items[0].is(Kind::Object)) fail_hard();
  const Value* key = root.get("unique_record_key");
  if (key && key->is(Kind::Text) && key->count) {
    bool found = false;
    for (uint32_t i = 0; has_rows && i < table.items[0].count; i++) {
      const Value& name = table.items[0].items[i];
      found = found || (name.is(Kind::Text) && json::same_text(name.text, name.count, key->text, key->count, true));
    }
    if (!found) error("bad_request", "error.VALIDATION", "unique_record_key", "unique_record_key names no column.");
  }
  if (!has_rows) error("bad_request", "error.VALIDATION", "inputs", "The request has no rows.");
  if (errors_.size()) {
    list(reply_, "{\"summary_output\":null,\"outputs\":null,\"warnings\":null,\"errors\":", errors_);
    reply_.ch('}');
    return;
  }

  const Value& head = table.items[0];
  json::Member* members = static_cast<json::Member*>(arena_.take(head.count * sizeof(json::Member)));
  std::vector<std::string> names;
  json::Writer warnings, errors;
  in_columns_ = true;
  for (uint32_t r = 1; r < table.count; r++) {
    const Value& row = table.items[r];
    Value record;
    record.kind = Kind::Object;
    record.members = members;
    // A null row, an empty one and the end of a short one leave their inputs to the defaults; surplus cells are nobody's.
    uint32_t cells = row.is(Kind::Array) ? row.count : 0;
    for (uint32_t i = 0; i < cells && i < head.count; i++) members[record.count++] = {head.items[i], row.items[i]};
    workbook.calls += r > 1;
    names_ = r == 1 ? &names : nullptr;
    any_bad_ = false;
    inputs_.clear();
    bind(&record, false);
    outputs_.raw(",[");
    output_count_ = 0;
    model_calc(*this);
    outputs_.ch(']');
    list(warnings, r > 1 ? "," : "", warnings_);
    list(errors, r > 1 ? "," : "", errors_);
    warnings_.clear();
    errors_.clear();
  }

  reply_.raw("{\"summary_output\":null,\"outputs\":[[");
  for (size_t i = 0; i < names.size(); i++) {
    if (i) reply_.ch(',');
    reply_.text(names[i]);
  }
  reply_.ch(']');
  reply_.raw(outputs_);
  reply_.raw("],\"warnings\":[");
  reply_.raw(warnings);
  reply_.raw("],\"errors\":[");
  reply_.raw(errors);
  reply_.raw("],\"summary_errors\":null,\"process_time\":[0");
  for (uint32_t r = 2; r < table.count; r++) reply_.raw(",0");
  reply_.ch(']');
  for (const char* name : ECHOED_FLAT) {
    const Value* value = root.get(name);
    if (!value) continue;
    reply_.ch(',');
    reply_.text(name);
    reply_.ch(':');
    reply_.value(*value);
  }
  reply_.raw(",\"compiler_version\":");
  reply_.text(MODEL.compiler_version);
  reply_.ch('}');
}
