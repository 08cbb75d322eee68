// Records of a batch as one request to the endpoint's v4, and their responses in its answer, each as v3 would give it.

/** The body that asks for these inputs. */
export const bodyOf = (texts, version_id) =>
  `{"inputs":[${texts.join(",")}],"version_id":${JSON.stringify(version_id)},"call_purpose":"Sync Batch Execution"}`;

const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** The responses in an answer; throws where it is none to so many records. */
export function responsesIn(text, count) {
  const { outputs, warnings, errors, process_time, service_chain, summary_output, status, ...meta } = JSON.parse(text);
  // An empty list of what most records have none of tells of none.
  const fits = (list) => !list || list.length === 0 || (Array.isArray(list) && list.length === count);
  if (
    outputs.length !== count ||
    !outputs.every(isObject) ||
    ![warnings, errors, process_time, service_chain].every(fits)
  ) {
    throw new Error("not as many outputs as inputs");
  }
  return outputs.map((outputs, at) => ({
    status: "Success",
    response_data: {
      outputs,
      warnings: warnings?.[at] ?? null,
      errors: errors?.[at] ?? null,
      service_chain: service_chain?.[at] ?? null,
    },
    response_meta: { ...meta, process_time: process_time?.[at], system: "SPARK" },
    error: null,
  }));
}
