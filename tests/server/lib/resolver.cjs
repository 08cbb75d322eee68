// The vendor's runner loads this file and calls `sparkService` when a model calls another; the process that uses the
// runner puts in `answer`. Whatever happens, the model gets a text: a rejection would leave it suspended for ever.
exports.answer = async () => "{}";
exports.sparkService = async (request, context) => {
  try {
    return await exports.answer(request, context);
  } catch (error) {
    return JSON.stringify({ metadata: { status: 500, error_code: "INTERNAL", message: String(error) }, data: {} });
  }
};
