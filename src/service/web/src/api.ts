// Requests to the server: JSON in and out, problems as exceptions, commands with the token.
import type { Problem } from "./contract.js";
import { askToken, forgetToken, storedToken } from "./token.js";

export class Refusal extends Error {
  constructor(readonly problem: Problem, readonly status: number) {
    super(problem.detail || problem.title || `the server answered ${status}`);
  }
}

async function refusal(response: Response): Promise<Refusal> {
  let problem: Problem = {};
  try {
    problem = (await response.json()) as Problem;
  } catch {
    problem = { title: response.statusText };
  }
  return new Refusal(problem, response.status);
}

export async function get<T>(path: string): Promise<T> {
  const response = await fetch(path, { cache: "no-store" });
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/** A question that changes nothing and so needs no token. */
export async function question<T>(path: string, body: string): Promise<T> {
  const response = await fetch(path, { method: "POST", body, headers: { "Content-Type": "application/yaml" } });
  if (!response.ok) throw await refusal(response);
  return (await response.json()) as T;
}

/**
 * A command, with the operator's token; asks for it where there is none or the server does not take it.
 * Null where the operator did not give one.
 */
export async function command<T>(path: string): Promise<T | null> {
  let token = storedToken() ?? (await askToken("Commands to the pipeline need the token that the server was given."));
  for (;;) {
    if (!token) return null;
    const response = await fetch(path, { method: "POST", headers: { Authorization: `Bearer ${token}` } });
    if (response.ok) return (await response.json().catch(() => ({}))) as T;
    const refused = await refusal(response);
    if (response.status !== 401 && response.status !== 403) throw refused;
    forgetToken();
    token = await askToken(`The server refused: ${refused.message}`);
  }
}

export function scanPath(scanId: string): string {
  return `/api/v1/scans/${encodeURIComponent(scanId)}`;
}

export function inWords(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  if (error instanceof TypeError) return "the server does not answer";
  return error instanceof Error ? error.message : String(error);
}
