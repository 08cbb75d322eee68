// Who may call: synthetic keys, bearer tokens that may wear out, and services open to everybody.
import { randomBytes } from "node:crypto";
import { empty, failure } from "./answers.mjs";

export class Credentials {
  #keys = new Map();
  #tokens = new Map();

  /** A synthetic key of a tenant. */
  issueKey(tenant) {
    const key = `key-${randomBytes(12).toString("hex")}`;
    this.#keys.set(key, tenant);
    return key;
  }

  /** A bearer token of a tenant, good for so many calls. */
  issueToken(tenant, calls = Infinity) {
    const token = `token-${randomBytes(24).toString("base64url")}`;
    this.#tokens.set(token, { tenant, calls });
    return token;
  }

  revoke(secret) {
    this.#keys.delete(secret);
    if (this.#tokens.has(secret)) this.#tokens.get(secret).calls = 0;
  }

  /**
   * Why this request is refused, if it is.
   * @param {Record<string, string | undefined>} headers
   * @param {string} tenant the one in the address
   * @returns {import("./answers.mjs").Answer | undefined}
   */
  refuse(headers, tenant) {
    const { authorization, "x-synthetic-key": key, "x-tenant-name": named } = headers;
    if (named !== undefined && !same(named, tenant)) return mismatch(named, tenant);
    if (key !== undefined) {
      if (named === undefined) return failure(401, { message: "x-synthetic-key needs x-tenant-name." });
      if (!this.#keys.has(key)) return failure(401, { message: "The synthetic key is not known." });
      return same(this.#keys.get(key), tenant) ? undefined : mismatch(this.#keys.get(key), tenant);
    }
    const token = /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
    const known = this.#tokens.get(token);
    if (!known) return failure(401);
    if (!same(known.tenant, tenant)) return mismatch(known.tenant, tenant);
    if (known.calls <= 0) return empty(401);
    known.calls -= 1;
    return undefined;
  }
}

const same = (a, b) => a.toLowerCase() === b.toLowerCase();
const mismatch = (a, b) => failure(400, { message: `Tenant mismatch: ${a} is not ${b}.` });
