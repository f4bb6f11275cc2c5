/**
 * Erlang C: the share of requests that find all `servers` at work, at a utilisation below 1. By the recursion of Erlang B,
 * which stays exact for thousands of servers.
 *
 * @see https://en.wikipedia.org/wiki/Erlang_(unit)#Erlang_C_formula
 */
export function erlangC(servers: number, load: number): number {
  const offered = servers * load;
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (offered * blocked) / (k + offered * blocked);
  return blocked / (1 - load * (1 - blocked));
}
