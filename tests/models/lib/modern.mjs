// Turns glue of emcc 3.1.6 into the shape that emcc 4 writes, as far as a host can tell the two apart:
//  - the factory is an async function and the module is its result, without a `ready` member;
//  - heap views and `asm` stay inside; the module holds the exported functions themselves, not wrappers;
//  - `instantiateWasm` has no use for what the hook returns; the data file comes by fetch, and only where no
//    `getPreloadedPackage` delivers it;
//  - a worker is known by WorkerGlobalScope; nothing listens on Node's process.
// Every step names the text it expects; one that finds something else stops the build.

const KEPT = ["_construct", "_destroy", "_is_async", "_node_calc_v3", "_malloc", "_free"];

function cut(text, from, to, replacement) {
  const start = text.indexOf(from);
  const end = text.indexOf(to, start);
  if (start < 0 || end < 0) throw new Error(`The glue has no ${from} ... ${to}; adapt lib/modern.mjs.`);
  return text.slice(0, start) + replacement + text.slice(end + to.length);
}

function swap(text, from, to) {
  if (!text.includes(from)) throw new Error(`The glue has no ${from}; adapt lib/modern.mjs.`);
  return text.replaceAll(from, () => to);
}

const HEAD = `var Module = (() => {
  var _scriptName = typeof document != "undefined" ? document.currentScript?.src : undefined;
  return async function(moduleArg = {}) {
    var moduleRtn;
`;

const TAIL = `
    moduleRtn = await readyPromise;
    return moduleRtn;
  };
})();
if (typeof exports === "object" && typeof module === "object") {
  module.exports = Module;
  module.exports.default = Module;
} else if (typeof define === "function" && define["amd"]) define([], () => Module);
`;

const FETCH_DATA = `async function fetchRemotePackage(packageName,packageSize,callback,errback){try{\
if(typeof process==="object"&&typeof process.versions==="object"&&typeof process.versions.node==="string"){\
callback(new Uint8Array(await require("fs").promises.readFile(packageName)).buffer)}\
else{var response=await fetch(packageName);if(!response.ok)throw new Error(response.status+" : "+response.url);\
callback(await response.arrayBuffer())}}catch(error){errback(error)}}`;

const INSTANTIATE = `if(Module["instantiateWasm"]){return new Promise(resolve=>{Module["instantiateWasm"](info,\
(instance,module)=>{resolve(receiveInstance(instance,module))})})}`;

const DIRECTORY = `if(ENVIRONMENT_IS_WORKER){_scriptName=self.location.href}\
try{scriptDirectory=new URL(".",_scriptName).href}catch{}`;

export function modern(js) {
  const oldStart = 'var Module=typeof Module!="undefined"?Module:{};';
  let text = cut(js, "var Module = (() => {", oldStart, `${HEAD}var Module=moduleArg;`);
  text = cut(text, "\n\n  return Module.ready", 'exports["Module"] = Module;', TAIL);
  text = swap(text, 'Module["ready"]=new Promise', "var readyPromise=new Promise");
  text = text.replace(/Module\["(HEAPU?[0-9F]+)"\]=/g, "");
  text = swap(text, 'Module["asm"]=exports;', "wasmExports=exports;assignWasmExports();");
  text = text.replace(/Module\["(_asyncify_\w+)"\](?!=)/g, "$1");

  // `var _f=Module["_f"]=function(){return(_f=Module["_f"]=Module["asm"]["x"]).apply(null,arguments)};`
  const lazy = new RegExp(
    /var (\w+)=Module\["\w+"\]=function\(\)\{return\(\w+=Module\["\w+"\]=/.source +
      /Module\["asm"\]\["(\w+)"\]\)\.apply\(null,arguments\)\};/.source,
    "g",
  );
  const found = [...text.matchAll(lazy)].map(([, name, key]) => ({ name, key }));
  const missing = KEPT.filter((name) => !found.some((one) => one.name === name));
  if (missing.length) throw new Error(`The glue does not export ${missing.join(", ")}; adapt lib/modern.mjs.`);
  text = text.replace(lazy, "");
  const assign = found.map(({ name, key }) => {
    return `${name}=${KEPT.includes(name) ? `Module["${name}"]=` : ""}wasmExports["${key}"];`;
  });
  const declare = `var wasmExports,${found.map(({ name }) => name).join(",")};`;
  const create = "function createWasm(){";
  text = swap(text, create, `${declare}function assignWasmExports(){${assign.join("")}}${create}`);
  text = swap(text, 'Module["asm"]', "wasmExports");

  text = cut(text, 'if(Module["instantiateWasm"]){', "return false}}", INSTANTIATE);
  if (text.includes("fetchRemotePackage")) {
    text = cut(text, "function fetchRemotePackage(", "xhr.send(null)}", FETCH_DATA);
  }
  text = swap(text, 'typeof importScripts=="function"', 'typeof WorkerGlobalScope!="undefined"');
  text = cut(text, 'process["on"]("uncaughtException"', "function(reason){throw reason});", "");
  text = cut(text, "if(ENVIRONMENT_IS_WORKER){scriptDirectory=", 'else{scriptDirectory=""}', DIRECTORY);
  text = swap(text, 'Module["run"]=run;', "");
  return text;
}
