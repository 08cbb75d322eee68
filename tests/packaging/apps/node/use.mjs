// What happens with the class in an environment without workers, as JSON.
export async function use(Spark) {
  const columnar = new Spark.ColumnarSerializer().serialize([{ a: 1 }]);
  const report = { columnar, WasmRunnerErrors: Object.keys(Spark.WasmRunnerErrors).length };
  const spark = new Spark({ nodegenModels: [{ versionId: "a", binary: () => "never called" }] });
  report.stats = spark.stats().map(({ state }) => state);
  const input = { request_data: { inputs: { radius: 2 } } };
  report.execute = await spark.execute(input, "a").catch((error) => describe(Spark, error));
  report.token = await spark.executeWithCancellationToken(input, "a").response.catch((error) => describe(Spark, error));
  report.destroy = String(await spark.destroy());
  try {
    new Spark({ nodegenModels: [{ versionId: "a", binary: "a.zip", replica: 0 }] });
  } catch (error) {
    report.refused = describe(Spark, error);
  }
  return report;
}

function describe(Spark, error) {
  const { name, code, message, path, status } = error;
  const { UnsupportedEnvironmentError, ConfigurationError, SparkError } = Spark.WasmRunnerErrors;
  const of = { UnsupportedEnvironmentError, ConfigurationError, SparkError };
  const classes = Object.keys(of).filter((key) => error instanceof of[key]);
  return { name, className: error.constructor.name, code, message, path, status, classes, guarded: Spark.isError(error, code) };
}
