// What answers the peer's models when they call another one: a child that computed nothing, in the reply's documented
// form. Whoever uses the peer writes this function; the form is the peer's own, from its browser worker.
exports.sparkService = async ({ xcall_version, service_uri, folder_name, service_name }) => {
  if (service_name === "refuse") throw new Error("refused");
  if (xcall_version === 2 || xcall_version === 3) {
    return JSON.stringify({ xcall_meta: { http_status_code: 202, http_response_time: 0 } });
  }
  const name = service_uri || `folders/${folder_name}/services/${service_name}`;
  const metadata = { calltype: "SparkService", name, status: 202, error_code: "", response_time: 0 };
  return JSON.stringify({ metadata, data: {} });
};
