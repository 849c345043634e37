"use strict";

// Every text from the network is set as text, never as HTML.
const POLL_MS = 2000;
const byId = id => document.getElementById(id);
const number = new Intl.NumberFormat("en");
const element = (name, text, className) => {
  const made = document.createElement(name);
  if (text !== undefined && text !== null) made.textContent = text;
  if (className) made.className = className;
  return made;
};
const short = (text, head = 8, tail = 4) => text && text.length > head + tail + 1 ? `${text.slice(0, head)}…${text.slice(-tail)}` : text || "–";
const money = micros => {
  const sign = micros < 0 ? "−" : "";
  const whole = String(Math.abs(micros)).padStart(7, "0");
  return `${sign}${number.format(BigInt(whole.slice(0, -6)))}.${whole.slice(-6)}`;
};
const words = text => String(text ?? "").replaceAll("_", " ");

const percent = share => `${(100 * share).toLocaleString("en", { maximumSignificantDigits: 3 })} %`;
const when = text => new Date(text).toLocaleString();

const stateClass = {
  active: "good", settled: "good", match: "good", jailed: "bad", convicted: "bad", executed: "bad", mismatch: "bad",
  failed: "warn", unbonding: "warn", registered: "warn", frozen: "warn", unconfirmed: "warn", inquiry: "warn", quarantined: "warn",
};

function pill(text, kind) { return element("span", words(text), "pill " + (kind ?? stateClass[text] ?? "")); }

function row(...cells) {
  const line = element("tr");
  for (const cell of cells) {
    const td = element("td");
    if (cell instanceof Node) td.append(cell);
    else {
      td.textContent = cell?.text ?? cell;
      if (cell?.className) td.className = cell.className;
      if (cell?.title) td.title = cell.title;
    }
    line.append(td);
  }
  return line;
}

function fill(id, lines, columns, nothing) {
  const body = byId(id);
  if (lines.length) { body.replaceChildren(...lines); return; }
  const td = element("td", nothing, "empty");
  td.colSpan = columns;
  const line = element("tr");
  line.append(td);
  body.replaceChildren(line);
}

function facts(id, pairs) {
  byId(id).replaceChildren(...pairs.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

function address(text) { return { text: short(text), title: text, className: "mono" }; }

function showNetwork(network) {
  const books = network.conservation;
  const difference = books.difference_micros;
  const holds = difference === 0 && books.mismatched_accounts === 0;
  byId("difference").textContent = difference === 0 ? "0" : money(difference);
  byId("difference").closest(".number").className = "number one " + (holds ? "good" : "bad");
  byId("difference-why").textContent = books.mismatched_accounts === 0
    ? "accounts − (deposits − withdrawals − burned), recounted from every entry"
    : `${books.mismatched_accounts} accounts do not match their entries`;
  byId("epoch").textContent = number.format(network.epoch);
  const minutes = Math.max(0, Math.round((Date.parse(network.epoch_ends_at) - Date.now()) / 60000));
  byId("epoch-ends").textContent = minutes === 1 ? "ends in 1 minute" : `ends in ${number.format(minutes)} minutes`;
  byId("nodes-online").textContent = `${network.nodes.online} of ${network.nodes.total}`;
  byId("nodes-states").textContent = `${network.nodes.active} active, ${network.nodes.jailed} jailed`;
  const statuses = Object.entries(network.requests);
  const total = statuses.reduce((sum, [, count]) => sum + count, 0);
  const ended = ["settled", "refunded", "expired"].reduce((sum, status) => sum + (network.requests[status] ?? 0), 0);
  byId("requests-total").textContent = number.format(total);
  byId("requests-open").textContent = `${number.format(total - ended)} open, ${network.open_slashes} open ${network.open_slashes === 1 ? "case" : "cases"}`;
  byId("requests").replaceChildren(...(statuses.length ? statuses.map(([status, count]) => {
    const line = element("li");
    const meter = element("meter");
    meter.max = total || 1;
    meter.value = count;
    meter.setAttribute("aria-label", `${status}: ${count} of ${total}`);
    line.append(element("span", words(status)), meter, element("span", number.format(count)));
    return line;
  }) : [element("li", "No request yet. Ask the first one above.", "empty")]));
  byId("models").replaceChildren(...network.models.map(model => element("li", model)));
  showModels(network.models);
  facts("books", [
    ["Deposits", money(books.deposits_micros)], ["Withdrawals", money(books.withdrawals_micros)], ["Burned", money(books.burned_micros)],
    ["All accounts", money(books.accounts_micros)], ["In escrow", money(books.escrow_micros)], ["Open holds", money(books.holds_micros)],
    ["Audit pool", money(network.audit_pool_micros)], ["Mismatched accounts", books.mismatched_accounts],
  ]);
  showConsensus(network);
  byId("beacon").textContent = `${network.beacon.chain}, step ${network.beacon.step}: ${short(network.beacon.value, 12, 6)}`;
  byId("coordinator").textContent = network.coordinator;
  const state = byId("state");
  state.textContent = network.ready ? "ready" : "warming up";
  state.className = "pill " + (network.ready ? "good" : "warn");
}

function showConsensus(network) {
  const rules = network.consensus;
  const cases = Object.entries(network.open_cases);
  facts("consensus", [
    ["Sampled answers audited, p", percent(rules.audit_probability)], ["Checkers of an audit, k", rules.audit_checkers],
    ["Price of a check in answers, v, where nodes measured none", rules.check_cost], ["Collateral over unchecked work", rules.exposure_ratio],
    ["Checks followed by a canary", percent(rules.canary_rate)], ["Assumed to collude, r", percent(rules.assumed_adversary_share)],
    ["Open cases", cases.length ? cases.map(([status, count]) => `${count} ${words(status)}`).join(", ") : "none"],
    ["Beacon step", `${network.beacon.step} of chain ${network.beacon.chain}`],
  ]);
  const several = Object.keys(rules.levels).length > 1;
  byId("served").replaceChildren(...Object.entries(rules.levels).flatMap(([model, levels]) => levels.map(level => element("li", several ? `${model}: ${level}` : level))));
}

let shownModels = "";
function showModels(models) {
  if (!models.length || shownModels === models.join()) return;
  shownModels = models.join();
  const chosen = byId("model").value;
  byId("model").replaceChildren(...models.map(model => element("option", model)));
  if (models.includes(chosen)) byId("model").value = chosen;
}

function standing(node) {
  if (node.quarantined) return pill("quarantined");
  if (node.state === "jailed" && !node.jailed_until) return { text: "convicted", title: node.jail_reason };
  const text = node.suspicion > 0 ? `${percent(node.suspicion)} of a slash` : "spotless";
  return { text, title: node.jailed_until ? `jailed until ${when(node.jailed_until)}` : "its sequential test over checked answers" };
}

function showNodes(nodes) {
  fill("nodes", nodes.map(node => {
    const state = pill(node.online || node.state !== "active" ? node.state : "offline", node.online ? undefined : "warn");
    if (node.jail_reason) state.title = node.jail_reason;
    const collateral = { text: money(node.collateral_micros), className: "r", title: node.frozen_micros ? `${money(node.frozen_micros)} frozen` : "" };
    const unchecked = { text: money(node.outstanding_micros), className: "r", title: `at most ${money(node.outstanding_cap_micros)} (P6.3)` };
    return row(address(node.id), state, standing(node), node.models.join(", "), `${number.format(node.input_price_micros)} / ${number.format(node.output_price_micros)} µ per 1k`,
      `${node.busy} of ${node.slots}`, unchecked, collateral, { text: money(node.earnings_micros), className: "r" });
  }), 9, "No node is registered.");
}

function nextOf(slash) {
  const due = when(slash.due_at);
  if (slash.status === "inquiry" || slash.status === "unconfirmed") return `an assembly votes${slash.appealed ? " on the appeal" : ""}, round ${slash.rounds + 1}`;
  if (slash.status === "frozen") return slash.appealed ? `appealed; executes ${due}` : `can be appealed until ${due}`;
  return slash.appealed ? "after an appeal" : "–";
}

function receiptLink(slash) {
  if (!slash.receipt) return "–";
  const link = element("a", short(slash.request_id), "mono");
  link.href = slash.receipt;
  link.title = "The receipt, for the requester; the operator reads it by 'atoma node evidence'";
  link.addEventListener("click", event => {
    event.preventDefault();
    download(slash.request_id, byId("key").value.trim());
  });
  return link;
}

function showSlashes(slashes) {
  fill("slashes", slashes.slice(0, 20).map(slash => {
    const counted = slash.history.length ? `${slash.history.filter(h => h.failed).length} of ${slash.history.length} checks failed` : "";
    return row(address(slash.node), { text: words(slash.evidence), title: counted }, slash.reason, { text: money(slash.amount_micros), className: "r" },
      pill(slash.status), receiptLink(slash), when(slash.opened_at), nextOf(slash));
  }), 8, "Nobody was slashed.");
}

function showReviews(reviews) {
  fill("reviews", reviews.map(review =>
    row(words(review.kind), address(review.origin), { text: review.panel, className: "r" }, pill(review.finding ?? review.status), when(review.created_at))), 5, "No answer was checked again.");
}

/** The settlement chain beside the books; a network without one has nothing to show. */
function showChain(chain) {
  byId("chain").hidden = chain === null;
  if (chain === null) return;
  const exact = chain.difference_micros === 0 && chain.problem === "";
  byId("chain-difference").textContent = chain.difference_micros === 0 ? "0" : money(chain.difference_micros);
  byId("chain").className = "number one " + (exact ? "good" : chain.in_flight > 0 && chain.problem === "" ? "" : "bad");
  byId("chain-why").textContent = chain.problem !== "" ? chain.problem
    : `tokens in the contracts − accounts; block ${number.format(chain.applied_block)} of ${number.format(chain.final_block)}, epoch ${number.format(chain.epoch)}, ${chain.in_flight} in flight`;
}

async function readChain() {
  const response = await fetch("/v1/chain", { headers: { accept: "application/json" } });
  return response.ok ? response.json() : null;
}

async function read(path) {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function poll() {
  if (!document.hidden) {
    try {
      const [chain, network, nodes, slashes, reviews] = await Promise.all(
        [readChain(), ...["/v1/network", "/v1/nodes?limit=500", "/v1/slashes?limit=20", "/v1/reviews"].map(read)]);
      showChain(chain);
      showNetwork(network);
      showNodes(nodes.data);
      showSlashes(slashes.data);
      showReviews(reviews.data);
    } catch {
      byId("state").textContent = "not reachable";
      byId("state").className = "pill bad";
    }
  }
  setTimeout(poll, POLL_MS);
}

// One question.

let asking = null;
let lastRequest = null;

function outcome(text, kind) {
  byId("outcome").textContent = text;
  byId("outcome").className = "outcome " + (kind ?? "");
}

/** Server-sent events of a response, as parsed JSON, to [DONE]. */
async function* events(response) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { done, value } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    for (const part of parts) {
      const data = part.replace(/^data: /, "");
      if (data === "[DONE]") return;
      yield JSON.parse(data);
    }
  }
}

function question() {
  const level = byId("integrity").value;
  return {
    model: byId("model").value, messages: [{ role: "user", content: byId("question").value }], temperature: 0, max_tokens: 200,
    integrity: level === "assurance" ? { assurance: 0.999 } : level,
  };
}

function post(path, key, body, signal) {
  return fetch(path, { method: "POST", signal, headers: { "content-type": "application/json", authorization: `Bearer ${key}` }, body: body && JSON.stringify(body) });
}

async function quote() {
  if (!byId("form").reportValidity()) return;
  const shown = byId("quote-outcome");
  byId("quoted").hidden = false;
  try {
    const response = await post("/v1/quotes", byId("key").value.trim(), question());
    const quoted = await response.json();
    if (!response.ok) throw new Error(quoted.error.message);
    const fraud = quoted.undetected_fraud;
    shown.textContent = `${quoted.integrity}: at most ${money(quoted.price.max_micros)} held${quoted.balance_suffices ? "" : `, more than the balance of ${money(quoted.balance_micros)}`}. `
      + `${quoted.finality.description} With ${percent(fraud.assumed_adversary_share)} of ${fraud.eligible_nodes} nodes colluding a wrong answer passes in ${percent(fraud.probability)}.`;
    shown.className = "outcome " + (quoted.balance_suffices ? "" : "bad");
    byId("levels").replaceChildren(...quoted.levels.map(level => row(level.integrity, { text: level.price_multiple.toFixed(2), className: "r" },
      { text: money(level.max_micros), className: "r" }, { text: percent(level.undetected_fraud), className: "r" })));
  } catch (error) {
    shown.textContent = error.message;
    shown.className = "outcome bad";
    byId("levels").replaceChildren();
  }
}

async function ask(event) {
  event.preventDefault();
  const key = byId("key").value.trim();
  asking = new AbortController();
  byId("send").disabled = true;
  byId("stop").hidden = false;
  byId("result").hidden = false;
  byId("proof").hidden = true;
  byId("answer").textContent = "";
  byId("answer").className = "answer provisional";
  outcome("Holding the money and drawing nodes…");
  try {
    const response = await post("/v1/chat/completions", key, { ...question(), stream: true }, asking.signal);
    if (!response.ok) throw new Error((await response.json()).error.message);
    await follow(response, key);
  } catch (error) {
    outcome(error.name === "AbortError" ? "Stopped. Only what was generated is charged." : error.message, "bad");
  } finally {
    asking = null;
    byId("send").disabled = false;
    byId("stop").hidden = true;
  }
}

async function follow(response, key) {
  outcome("Provisional: these tokens are not checked yet.");
  for await (const chunk of events(response)) {
    if (chunk.error) throw new Error(chunk.error.message);
    byId("answer").textContent += chunk.choices[0]?.delta?.content ?? "";
    if (chunk.atoma) {
      byId("answer").className = "answer";
      await prove(chunk.atoma, key);
    }
  }
}

async function find(id, key) {
  const response = await fetch(`/v1/requests/${id}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error((await response.json()).error.message);
  return response.json();
}

/** The request once its audit has ended. */
async function audited(id, key) {
  while (true) {
    const request = await find(id, key);
    if (request.finished_at) return request;
    await new Promise(resolve => setTimeout(resolve, POLL_MS / 4));
  }
}

async function prove(atoma, key) {
  if (atoma.status === "delivered") outcome("Delivered, and drawn for an audit: the money waits for it.");
  const request = await audited(atoma.request_id, key);
  lastRequest = { id: atoma.request_id, key };
  const caught = request.convictions.length;
  const verdict = request.verdict[0].toUpperCase() + request.verdict.slice(1);
  outcome(`${verdict}. ${money(request.price_micros)} paid${caught ? `, ${caught} ${caught === 1 ? "cheat" : "cheats"} convicted` : ""}.`, request.status === "settled" ? "good" : "bad");
  facts("facts", [
    ["Integrity", atoma.integrity], ["Held, then paid", `${money(request.hold_micros)}, ${money(request.price_micros)}`],
    ["Tokens", `${request.prompt_tokens} in, ${request.output_tokens} out`], ["Request", atoma.request_id],
    ...request.convictions.map(c => ["Convicted", `${short(c.node)}: ${words(c.evidence)}. ${c.reason}`]),
  ]);
  byId("participants").replaceChildren(...request.participants.map(p => {
    const vote = p.votes?.[0];
    return row(address(p.node), words(p.role), pill(p.status), { text: `1 of ${p.draw.eligible_count}, beacon step ${p.draw.beacon_step}`, title: p.draw.beacon_value },
      vote ? `vote: ${words(vote.verdict ?? "none")}` : { text: short(p.commitment), title: p.commitment ?? "", className: "mono" });
  }));
  byId("proof").hidden = false;
}

async function download(id, key) {
  const response = await fetch(`/v1/requests/${id}/receipt`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) {
    byId("result").hidden = false;
    outcome((await response.json()).error.message, "bad");
    return;
  }
  const link = element("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "receipt.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

async function dispute() {
  try {
    const response = await post(`/v1/requests/${lastRequest.id}/dispute`, lastRequest.key);
    const opened = await response.json();
    if (!response.ok) throw new Error(opened.error.message);
    outcome(`Disputed, with a bond of ${money(opened.bond_micros)}. Nodes drawn anew check the answer…`);
    const review = await audited(opened.review_id, lastRequest.key);
    const finding = review.review.finding;
    const spent = `${money(review.price_micros)} of the bond are spent`;
    outcome(finding === "mismatch" ? "Found wrong: the bond has returned, and whoever gave the answer is convicted."
      : finding ? `Found right: ${spent}.` : `The nodes drawn came to no finding: ${spent}.`, finding === "mismatch" ? "good" : "bad");
  } catch (error) {
    outcome(error.message, "bad");
  }
}

byId("form").addEventListener("submit", ask);
byId("stop").addEventListener("click", () => asking?.abort());
byId("quote").addEventListener("click", quote);
byId("receipt").addEventListener("click", () => download(lastRequest.id, lastRequest.key));
byId("dispute").addEventListener("click", dispute);
poll();
