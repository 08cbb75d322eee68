// The code that runs the chosen model in another page.

/**
 * @param {{ address: string, versionId: string, replicas: number, request: any, endpoint?: object, online?: boolean }} use
 *   `online`: without the model
 * @param {"script" | "module"} kind
 */
export function snippet({ address, versionId, replicas, request, endpoint, online }, kind) {
  const model = [`versionId: ${quote(versionId)}`, `type: "base64"`, `binary: ${quote(address)}`];
  if (replicas > 1) model.push(`replica: ${replicas}`);
  const models = `  nodegenModels: [
    {
${indent(model.map((line) => `${line},`).join("\n"), 6)}
    },
  ],
`;
  const service = endpoint ? `${indent(`sparkEndpoint: ${literal(endpoint)},`, 2)}\n` : "";
  const body = `const spark = new Spark({
${online ? "" : models}${service}});

const request = ${literal(request)};

spark
  .execute(request, ${quote(versionId)})
  .then(({ response_data }) => console.log(response_data.outputs))
  .catch((error) => console.error(error.code, error.message));`;
  if (kind === "module") return `import Spark from "spark-execute";\n\n${body}\n`;
  // The text of a script element ends at the first such sequence, wherever it stands.
  const safe = body.replace(/<(?=\/script|!--)/gi, "\\x3c");
  return `<script src="/dist/browser.js"></script>\n<script>\n${indent(safe, 2)}\n</script>\n`;
}

const quote = (text) => JSON.stringify(text);

/** JSON, with names unquoted where JavaScript allows; `__proto__` as a bare name would set the prototype. */
function literal(value) {
  const text = JSON.stringify(value, null, 2);
  return text.replace(/^(\s*)"([A-Za-z_$][\w$]*)":/gm, (whole, space, name) =>
    name === "__proto__" ? `${space}["${name}"]:` : `${space}${name}:`,
  );
}

const indent = (text, by) => text.replace(/^(?=.)/gm, " ".repeat(by));
