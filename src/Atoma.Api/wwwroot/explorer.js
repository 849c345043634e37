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

const stateClass = { active: "good", settled: "good", jailed: "bad", convicted: "bad", failed: "warn", unbonding: "warn", registered: "warn" };

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
  byId("requests-open").textContent = `${number.format(total - ended)} open, ${network.open_slashes} open ${network.open_slashes === 1 ? "slash" : "slashes"}`;
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
    ["Mismatched accounts", books.mismatched_accounts],
  ]);
  byId("beacon").textContent = `${network.beacon.chain}, step ${network.beacon.step}: ${short(network.beacon.value, 12, 6)}`;
  byId("coordinator").textContent = network.coordinator;
  const state = byId("state");
  state.textContent = network.ready ? "ready" : "warming up";
  state.className = "pill " + (network.ready ? "good" : "warn");
}

let shownModels = "";
function showModels(models) {
  if (!models.length || shownModels === models.join()) return;
  shownModels = models.join();
  const chosen = byId("model").value;
  byId("model").replaceChildren(...models.map(model => element("option", model)));
  if (models.includes(chosen)) byId("model").value = chosen;
}

function showNodes(nodes) {
  fill("nodes", nodes.map(node => {
    const state = pill(node.online || node.state !== "active" ? node.state : "offline", node.online ? undefined : "warn");
    if (node.jail_reason) state.title = node.jail_reason;
    const collateral = { text: money(node.collateral_micros), className: "r", title: node.frozen_micros ? `${money(node.frozen_micros)} frozen` : "" };
    return row(address(node.id), state, node.models.join(", "), `${number.format(node.input_price_micros)} / ${number.format(node.output_price_micros)} µ per 1k`,
      `${node.busy} of ${node.slots}`, collateral, { text: money(node.earnings_micros), className: "r" });
  }), 7, "No node is registered.");
}

function showSlashes(slashes) {
  fill("slashes", slashes.slice(0, 20).map(slash =>
    row(address(slash.node), words(slash.evidence), slash.reason, { text: money(slash.amount_micros), className: "r" },
      pill(slash.status, slash.status === "executed" ? "bad" : "warn"), new Date(slash.opened_at).toLocaleString())), 6, "Nobody was slashed.");
}

async function read(path) {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response.json();
}

async function poll() {
  if (!document.hidden) {
    try {
      const [network, nodes, slashes] = await Promise.all([read("/v1/network"), read("/v1/nodes?limit=500"), read("/v1/slashes?limit=20")]);
      showNetwork(network);
      showNodes(nodes.data);
      showSlashes(slashes.data);
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

async function ask(event) {
  event.preventDefault();
  const key = byId("key").value.trim();
  const level = byId("integrity").value;
  asking = new AbortController();
  byId("send").disabled = true;
  byId("stop").hidden = false;
  byId("result").hidden = false;
  byId("proof").hidden = true;
  byId("answer").textContent = "";
  byId("answer").className = "answer provisional";
  outcome("Holding the money and drawing nodes…");
  try {
    const response = await fetch("/v1/chat/completions", {
      method: "POST", signal: asking.signal,
      headers: { "content-type": "application/json", authorization: `Bearer ${key}` },
      body: JSON.stringify({
        model: byId("model").value, messages: [{ role: "user", content: byId("question").value }], stream: true, temperature: 0, max_tokens: 200,
        integrity: level === "assurance" ? { assurance: 0.999 } : level,
      }),
    });
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

async function prove(atoma, key) {
  const response = await fetch(`/v1/requests/${atoma.request_id}`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error((await response.json()).error.message);
  const request = await response.json();
  lastRequest = { id: atoma.request_id, key };
  const caught = request.convictions.length;
  const verdict = request.verdict[0].toUpperCase() + request.verdict.slice(1);
  outcome(`${verdict}. ${money(atoma.price_micros)} paid${caught ? `, ${caught} ${caught === 1 ? "cheat" : "cheats"} convicted` : ""}.`, "good");
  facts("facts", [
    ["Integrity", atoma.integrity], ["Held, then paid", `${money(request.hold_micros)}, ${money(atoma.price_micros)}`],
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

async function download() {
  const response = await fetch(`/v1/requests/${lastRequest.id}/receipt`, { headers: { authorization: `Bearer ${lastRequest.key}` } });
  if (!response.ok) { outcome((await response.json()).error.message, "bad"); return; }
  const link = element("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = "receipt.json";
  link.click();
  URL.revokeObjectURL(link.href);
}

byId("form").addEventListener("submit", ask);
byId("stop").addEventListener("click", () => asking?.abort());
byId("receipt").addEventListener("click", download);
poll();
