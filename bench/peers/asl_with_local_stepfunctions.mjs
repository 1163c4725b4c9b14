// The work of the simulator's benchmark in aws-local-stepfunctions.
//
//     node asl_with_local_stepfunctions.mjs --node-modules DIR [--runs N] CASE.json
//     node asl_with_local_stepfunctions.mjs --node-modules DIR [--runs N] --recorded CASES.json
//
// Tasks are answered by local handlers, waits and pauses before retries are overridden with 0 ms. Prints one line of JSON: times of
// making a machine (it checks the definition) and of running it, or an `error`.

import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isDeepStrictEqual, parseArgs } from 'node:util';

const MAX_SECONDS = 60;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'node-modules': { type: 'string' },
    runs: { type: 'string', default: '3' },
    recorded: { type: 'string' },
  },
});
// The package wants Node 22; this is all of it that its tasks miss in Node 20.
Promise.withResolvers ??= function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};
const place = join(resolve(options['node-modules']), 'aws-local-stepfunctions', 'build', 'main.node.esm.js');
const { StateMachine } = await import(pathToFileURL(place));

const now = () => performance.now() / 1000;
const read = (path) => JSON.parse(readFileSync(path, 'utf-8'));

function summary(samples) {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { first: samples[0], best: sorted[0], median };
}

// All states of a definition, those of branches and processors included.
function statesOf(definition) {
  const found = {};
  const waiting = [definition];
  while (waiting.length) {
    for (const [name, state] of Object.entries(waiting.pop().States)) {
      found[name] = state;
      waiting.push(...(state.Branches ?? []), ...[state.ItemProcessor ?? state.Iterator].filter(Boolean));
    }
  }
  return found;
}

// A handler that gives one answer per attempt.
function handler(answers) {
  let number = 0;
  return () => {
    const answer = answers[Math.min(number++, answers.length - 1)];
    if ('Return' in answer) return answer.Return;
    const error = new Error(answer.Throw.Cause);
    error.name = answer.Throw.Error;
    throw error;
  };
}

function overridesOf(definition, answers) {
  const states = Object.entries(statesOf(definition));
  const zero = (entries) => Object.fromEntries(entries.map(([name]) => [name, 0]));
  return {
    taskResourceLocalHandlers: Object.fromEntries(Object.entries(answers).map(([name, given]) => [name, handler(given)])),
    waitTimeOverrides: zero(states.filter(([, state]) => state.Type === 'Wait')),
    retryIntervalOverrides: zero(states.filter(([, state]) => state.Retry)),
  };
}

async function runCase(path, runs) {
  const { definition, input, output, answers } = read(path);
  if (definition.QueryLanguage === 'JSONata') return { error: 'has no JSONata' };
  delete definition.QueryLanguage;
  const made = [];
  const took = [];
  while (took.length < runs && took.reduce((a, b) => a + b, 0) < MAX_SECONDS) {
    const overrides = overridesOf(definition, answers);
    try {
      let started = now();
      const machine = new StateMachine(definition);
      made.push(now() - started);
      started = now();
      const found = await machine.run(input, { overrides }).result;
      took.push(now() - started);
      if (!isDeepStrictEqual(found, output)) return { error: 'another output' };
    } catch (error) {
      return { error: `${error.name}: ${error.message.split('\n').slice(0, 2).join(' ')}` };
    }
  }
  return { prepare: summary(made), run: summary(took) };
}

// The mean of recorded cases. It does not check them: that takes some 100 ms each.
async function runRecorded(path, runs) {
  const cases = read(path);
  let best = Infinity;
  for (let run = 0; run < runs; run++) {
    let took = 0;
    for (const { definition, input } of cases) {
      const overrides = overridesOf(definition, {});
      const started = now();
      try {
        await new StateMachine(definition, { validationOptions: { noValidate: true } }).run(input, { overrides }).result;
      } catch {
        // An execution that fails has run as well.
      }
      took += now() - started;
    }
    best = Math.min(best, took / cases.length);
  }
  return { best };
}

const runs = Number(options.runs);
console.log(JSON.stringify(options.recorded ? await runRecorded(options.recorded, runs) : await runCase(positionals[0], runs)));
