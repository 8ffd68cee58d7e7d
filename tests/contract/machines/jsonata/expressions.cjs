// The expressions of a state machine, in the JSONata implementation that AWS names.

const assert = require("node:assert");
const { readFileSync, writeFileSync } = require("node:fs");
const jsonata = require("jsonata");

const expressionIn = (text) => /^\{% (.*) %\}$/s.exec(text)?.[1];
const isObject = (value) => typeof value === "object" && value !== null;

const evaluated = new Set();

// The same time in every run, so that samples stay as they are.
const now = 1800000000000;

// An evaluation of each expression, and of each condition both ways, for `make probe ARGS=--state-machine`.
const samples = new Map();

function sample(state, expression, states, variables, value) {
  const key = JSON.stringify([state, expression, typeof value === "boolean" ? value : null]);
  if (samples.has(key)) return;
  const used = (all, prefix) => Object.fromEntries(Object.entries(all).filter(([name, it]) => {
    return it !== undefined && new RegExp(`\\$${prefix}${name}\\b`).test(expression);
  }));
  const sampled = { state, expression, states: used(states, "states\\."), variables: used(variables, ""), value };
  samples.set(key, JSON.stringify(sampled));
}

// A state machine, whose substitutions without a value are their own names.
function machineOf(file, substitutions) {
  const text = readFileSync(file, "utf8");
  return JSON.parse(text.replace(/\$\{(\w+)\}/g, (_, name) => substitutions[name] ?? name));
}

// Everything in a value that is an expression, evaluated; `where` begins with the name of its state.
async function evaluate(value, states, variables, where) {
  if (typeof value === "string") {
    const expression = expressionIn(value);
    if (expression === undefined) return value;
    const state = where.split(".")[0];
    evaluated.add(`${state}: ${expression}`);
    let result;
    try {
      result = await jsonata(expression).evaluate(undefined, { ...variables, states, millis: () => now });
    } catch (error) {
      assert.fail(`${where} fails: ${expression}: ${error.message}`);
    }
    assert.notStrictEqual(result, undefined, `${where} has no value: ${expression}`);
    sample(state, expression, states, variables, result);
    return structuredClone(result);
  }
  if (!isObject(value)) return value;
  const members = Object.entries(value).map(async ([name, member]) => {
    return [name, await evaluate(member, states, variables, `${where}.${name}`)];
  });
  const all = Object.fromEntries(await Promise.all(members));
  return Array.isArray(value) ? Object.values(all) : all;
}

// Each expression of a value, without those of states within it.
function expressionsOf(value) {
  if (typeof value === "string") return [expressionIn(value)].filter((it) => it !== undefined);
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => (name === "States" ? [] : expressionsOf(member)));
}

// Each expression of a machine, with its state.
function expressionsIn({ States }) {
  return Object.entries(States).flatMap(([name, state]) => {
    const own = expressionsOf(state).map((it) => `${name}: ${it}`);
    return state.ItemProcessor ? [...own, ...expressionsIn(state.ItemProcessor)] : own;
  });
}

// Fails where a test has left an expression of a machine out.
function assertAllEvaluated(machine) {
  const all = expressionsIn(machine);
  assert(all.length > 0);
  assert.deepStrictEqual(all.filter((it) => !evaluated.has(it)), [], "never evaluated");
}

// Fails where the samples in a file are not those of this run; WRITE_SAMPLES=1 writes them.
function assertSampled(file) {
  const text = `[\n${[...samples.values()].sort().join(",\n")}\n]\n`;
  if (process.env.WRITE_SAMPLES) writeFileSync(file, text);
  assert(readFileSync(file, "utf8") === text, `${file} is old: run this with WRITE_SAMPLES=1`);
}

module.exports = { assertAllEvaluated, assertSampled, evaluate, machineOf };
